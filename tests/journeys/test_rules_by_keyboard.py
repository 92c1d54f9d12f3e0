"""Onni says on one page when a school's gym is open, to whom and on what terms, without touching a mouse."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.factories import NOW, create_gym, create_manager, create_user, create_venue, hour, open_weekly
from tests.journeys.browser import NARROWEST, PHONE, WIDE, axe, fits, sign_in, tab_to
from venues.models import OpeningRule, Space, Venue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORKING_DAYS, WEEKEND = [1, 2, 3, 4, 5], [6, 7]


@dataclass
class School:
    """A school of which nobody has said yet when it is open."""

    site: str
    venue: Venue
    gym: Space
    onni: User

    @property
    def page(self) -> str:
        return f"{self.site}/manage/hours/{self.venue.timetable_id}/"


@pytest.fixture
def school(live_server) -> Iterator[School]:
    with time_machine.travel(NOW):
        venue = create_venue()
        gym, *_parts = create_gym(venue=venue)
        yield School(live_server.url, venue, gym, create_manager(venue, name="Onni Korhonen"))


@pytest.fixture
def desk(page: Page, school: School) -> Page:
    sign_in(page, school.onni)
    return page


def row(desk: Page, number: int):
    return desk.locator(f"#rule-{number}")


def press(desk: Page, target, key: str) -> None:
    tab_to(desk, target)
    desk.keyboard.press(key)


def write(desk: Page, target, text: str) -> None:
    """Go to a field by keyboard, and write over what is in it."""
    tab_to(desk, target)
    desk.keyboard.press("Control+a")
    desk.keyboard.type(text)


def test_a_school_gym_is_set_up_by_keyboard_alone(desk, school):
    desk.goto(f"{school.site}/manage/")
    press(desk, desk.get_by_role("link", name="Keskuskoulu"), "Enter")
    expect(desk.get_by_role("link", name="Lisää lohko")).to_be_visible()
    press(desk, desk.get_by_role("link", name="Aukiolo ja säännöt"), "Enter")
    expect(desk.get_by_role("heading", name="Milloin on auki")).to_be_visible()

    # Mon–Fri in term until 20 for clubs of minors; working days in term are what a school begins with.
    write(desk, row(desk, 0).get_by_label("Auki", exact=True), "17-20")
    press(desk, row(desk, 0).get_by_label("Kaikki"), "Space")
    press(desk, row(desk, 0).get_by_label("Alaikäisten seurat"), "Space")
    expect(row(desk, 0).locator("summary").first).to_contain_text(
        "Ma–pe 17.00–20.00 lukukausina, vain alaikäisten seuroille"
    )

    # The same days from 20 to 22 for everyone.
    press(desk, row(desk, 0).get_by_role("button", name="Kopioi"), "Enter")
    expect(row(desk, 1).get_by_label("ma", exact=True)).to_be_focused()
    write(desk, row(desk, 1).get_by_label("Auki", exact=True), "20-22")
    press(desk, row(desk, 1).get_by_label("Kaikki"), "Space")
    press(desk, row(desk, 1).get_by_label("Alaikäisten seurat"), "Space")

    # Sat–Sun 9–20.
    write(desk, row(desk, 2).get_by_label("Auki", exact=True), "9-20")

    # Every 30 minutes, from one hour to three, and a request if there are more than 50.
    write(desk, desk.get_by_label("Alkamisväli, min"), "30")
    write(desk, desk.get_by_label("Lyhin varaus, min"), "60")
    write(desk, desk.get_by_label("Pisin varaus, min"), "180")
    write(desk, desk.get_by_label("Hyväksyntä, jos henkilöitä on yli"), "50")
    press(desk, desk.locator(".decision").get_by_role("button", name="Tallenna"), "Enter")

    expect(desk.get_by_text("Aukioloajat on tallennettu.")).to_be_visible()
    expect(desk.get_by_text("Varaussäännöt on tallennettu.")).to_be_visible()
    sentences = desk.locator(".rule-said").all_inner_texts()
    assert sentences == [
        "Ma–pe 17.00–20.00 lukukausina, vain alaikäisten seuroille; pyhäpäivinä suljettu",
        "Ma–pe 20.00–22.00 lukukausina; pyhäpäivinä suljettu",
        "La–su 9.00–20.00; pyhäpäivinä suljettu",
    ]
    assert_set_up(school)


def assert_set_up(school: School) -> None:
    said = "weekdays", "opens", "closes", "terms", "on_holidays", "open_to"
    assert list(OpeningRule.objects.values_list(*said)) == [
        (WORKING_DAYS, time(17), time(20), "in_term", "closed", ["minors"]),
        (WORKING_DAYS, time(20), time(22), "in_term", "closed", ["everyone"]),
        (WEEKEND, time(9), time(20), "", "closed", ["everyone"]),
    ]
    in_force = "start_step", "min_minutes", "max_minutes", "approval", "approval_above"
    assert set(Space.objects.values_list(*in_force)) == {(30, 60, 180, "instant", 50)}
    # Nobody has said when the terms are, so that only weekends are open; and 6 February 2027 is a Saturday.
    openings = school.venue.timetable.openings
    assert openings.filter(period__contains=hour("09:00"), open_to=["everyone"]).exists()
    assert not openings.filter(period__contains=hour("20:00")).exists()


def test_rows_are_taken_away_and_mistakes_are_told(desk, school):
    open_weekly(school.venue.timetable, WORKING_DAYS, "08:00", "16:00")
    open_weekly(school.venue.timetable, WEEKEND, "10:00", "16:00")
    desk.goto(school.page)
    expect(row(desk, 0).get_by_label("Auki", exact=True)).to_be_hidden()

    press(desk, row(desk, 1).locator("summary").first, "Enter")
    press(desk, row(desk, 1).get_by_role("button", name="Poista"), "Enter")
    expect(desk.locator(".rule")).to_have_count(1)
    expect(desk.get_by_role("button", name="Lisää aika")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(row(desk, 1).get_by_label("ma", exact=True)).to_be_focused()
    write(desk, row(desk, 1).get_by_label("Auki", exact=True), "aamusta iltaan")
    desk.keyboard.press("Enter")

    expect(desk.locator(".problems")).to_be_focused()
    expect(row(desk, 1).get_by_label("Auki", exact=True)).to_have_value("aamusta iltaan")
    assert OpeningRule.objects.count() == 2


def test_focus_comes_when_the_new_rows_listen(desk, school):
    open_weekly(school.venue.timetable, WORKING_DAYS, "08:00", "16:00")
    desk.goto(school.page)
    # A slow machine takes its time between showing the new rows and listening to their buttons.
    desk.evaluate("htmx.config.defaultSettleDelay = 400; window.samePage = true")

    press(desk, row(desk, 0).locator("summary").first, "Enter")
    press(desk, row(desk, 0).get_by_role("button", name="Poista"), "Enter")
    expect(desk.get_by_role("button", name="Lisää aika")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(row(desk, 0).get_by_label("ma", exact=True)).to_be_focused()
    assert desk.evaluate("window.samePage"), "the whole page was sent"


def test_without_script(browser, school):
    context = browser.new_context(java_script_enabled=False, locale="fi-FI")
    page = context.new_page()
    sign_in(page, school.onni)
    page.goto(school.page)

    row(page, 0).get_by_label("Auki", exact=True).fill("17–20")
    row(page, 0).get_by_role("button", name="Kopioi").click()
    row(page, 1).get_by_label("Auki", exact=True).fill("20–22")
    row(page, 1).get_by_label("Kaikki").uncheck()
    row(page, 1).get_by_label("Kuntalaiset").check()
    row(page, 2).get_by_role("button", name="Poista").click()
    page.get_by_role("button", name="Lisää aika").click()
    row(page, 2).get_by_label("su", exact=True).check()
    row(page, 2).get_by_label("Auki", exact=True).fill("12–16")
    page.locator(".decision").get_by_role("button", name="Tallenna").click()

    expect(page.get_by_text("Aukioloajat on tallennettu.")).to_be_visible()
    assert [(rule.weekdays, rule.open_to) for rule in OpeningRule.objects.all()] == [
        (WORKING_DAYS, ["everyone"]),
        (WORKING_DAYS, ["residents"]),
        ([7], ["everyone"]),
    ]
    context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_every_state_is_accessible_and_fits(page, school, size):
    sign_in(page, create_user("Katri", is_staff=True))
    page.set_viewport_size(size)
    addresses = [
        school.page,
        f"{school.page}days/",
        f"{school.site}/manage/spaces/{school.gym.pk}/rules/",
        f"{school.site}/manage/kinds/school/policy/",
    ]

    for address in addresses:
        page.goto(address)
        page.eval_on_selector_all("main details", "all => all.forEach(details => details.open = true)")
        axe(page)
        fits(page)
        page.set_viewport_size(NARROWEST)
        fits(page)
        page.set_viewport_size(size)

    page.goto(school.page)
    row(page, 0).get_by_label("Auki", exact=True).fill("8")
    page.get_by_label("Lyhin varaus, min").fill("90")
    page.get_by_label("Pisin varaus, min").fill("60")
    page.locator(".decision").get_by_role("button", name="Tallenna").click()
    expect(page.locator(".problems")).to_be_focused()
    axe(page)
    fits(page)
