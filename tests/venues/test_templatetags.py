"""Tags and filters as templates use them."""

from datetime import datetime

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from accounts.texts import Text
from bookings.models import Booking
from tests.factories import hour
from venues.clock import CITY
from venues.fields import footprint
from venues.models import Space


@pytest.fixture(autouse=True)
def finnish():
    with translation.override("fi"):
        yield


def render(source: str, **context) -> str:
    return Template("{% load vuoro %}" + source).render(Context(context))


def test_a_stretch_of_time_can_be_told_and_measured():
    start, end = hour("18:00"), hour("19:30")

    told = render("{{ start|when:end }}, {{ start|until:end|duration }}", start=start, end=end)

    assert told == "la 6.2. 18.00–19.30, 1 h 30 min"


def test_machines_read_the_citys_time_with_its_offset():
    assert render("{{ start|iso }}", start=hour("18:00")) == "2027-02-06T18:00:00+02:00"


def test_a_time_is_a_button_that_sends_both_its_instants():
    time = {"starts_at": hour("18:00"), "ends_at": hour("19:30"), "place": "Sali <A>"}

    chip = render("{% chips times what %}", times=[time], what=Text("Koulu", "fi"))

    assert 'value="2027-02-06T18:00:00+02:00/2027-02-06T19:30:00+02:00"' in chip
    assert '<span class="visually-hidden">Koulu,</span> Sali &lt;A&gt; <span' in chip
    assert "la 6.2.</span> 18.00–19.30<" in chip


def test_both_passes_of_the_autumn_nights_hour_are_times_of_their_own():
    first = datetime(2027, 10, 31, 3, 30, tzinfo=CITY)
    passes = [
        {"starts_at": start, "ends_at": datetime(2027, 10, 31, 5, tzinfo=CITY)}
        for start in (first, first.replace(fold=1))
    ]

    chips = render("{% chips times %}", times=passes)

    assert 'value="2027-10-31T03:30:00+03:00/' in chips
    assert 'value="2027-10-31T03:30:00+02:00/' in chips


def test_a_name_in_the_readers_language_stands_alone():
    assert render("{{ name|text }}", name=Text("Leikkipuisto Hilleri", "fi")) == "Leikkipuisto Hilleri"


def test_a_name_without_translation_says_in_which_language_it_is():
    with translation.override("sv"):
        shown = render("{{ name|text }}", name=Text("Leikkipuisto Hilleri", "fi"))

    assert '<span lang="fi">Leikkipuisto Hilleri</span>' in shown
    assert ">fi</span>" in shown


def test_names_are_escaped():
    with translation.override("sv"):
        assert "<script>" not in render("{{ name|text }}", name=Text("<script>", "fi"))


def test_a_status_is_a_word_with_a_shape_of_its_own():
    shown = render("{% status booking %}", booking=Booking(status="confirmed"))

    assert "Vahvistettu" in shown
    assert "#status-confirmed" in shown


def test_a_part_is_drawn_in_its_hall():
    part = Space(footprint=footprint({0}), hall_footprint=footprint({0, 1, 2}))

    shown = render("{% hall_plan part names %}", part=part, names={0: "A"})

    assert shown.count("floor-mine") == 1
    assert "1 salin 3 lohkosta" in shown


def test_a_hall_of_one_piece_has_no_plan():
    assert render("{% hall_plan hall %}", hall=Space(footprint=footprint({0}))).strip() == ""


def test_a_long_list_links_its_ends_and_the_neighbours():
    page = Paginator(range(200), 10).page(9)
    gap = page.paginator.ELLIPSIS

    shown = render("{% for number in page|page_numbers %}{{ number }} {% endfor %}", page=page)

    assert shown == f"1 {gap} 8 9 10 {gap} 20 "


def test_the_menu_knows_where_one_is():
    request = RequestFactory().get("/bookings/7/")

    def marked(address: str) -> str:
        return render("{% current_page address %}", request=request, address=address).strip()

    assert marked("/bookings/7/") == 'aria-current="page"'
    assert marked("/bookings/") == 'aria-current="true"'
    assert marked("/inbox/") == ""
    assert marked("/") == ""
