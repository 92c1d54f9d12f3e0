"""`manage.py import_venues`: all or nothing, and never over a person's word."""

import pytest
import time_machine

from bookings import layout
from bookings import policies as booking_policies
from tests.factories import NOW, create_booking, create_user, hour, say_policy
from venues import policy_layers
from venues.clock import CITY
from venues.fields import pieces
from venues.importing.merging import merged
from venues.models import Equipment, OpeningRule, Policy, Space, Terms, Venue

from .city_files import change, counted, everything, line_of, run, set_cell

pytestmark = pytest.mark.django_db

# --- What comes out -------------------------------------------------------------------------------


def test_first_import_creates_and_the_second_changes_nothing(folder, capsys):
    first = counted(run(folder, capsys))
    before = everything()
    second = counted(run(folder, capsys))

    assert first["venues"] == "5 created, 0 updated, 0 unchanged, 0 refused"
    assert first["spaces"] == "19 created, 0 updated, 0 unchanged, 0 refused"
    assert second["venues"] == "0 created, 0 updated, 5 unchanged, 0 refused"
    assert second["spaces"] == "0 created, 0 updated, 19 unchanged, 0 refused"
    assert everything() == before


def test_venue_has_its_facts_and_says_what_is_made_up(folder, capsys):
    run(folder, capsys)

    hilleri = Venue.objects.get(key="tprek-199")
    assert (hilleri.name_fi, hilleri.name_sv, hilleri.kind) == (
        "Leikkipuisto Hilleri",
        "Lekparken Illern",
        "playpark",
    )
    assert (hilleri.lat, hilleri.lon, hilleri.point_quality) == (60.20965, 25.044352, "exact")
    assert hilleri.district.name_sv == "Hertonäs"
    assert hilleri.district.demo_facts == ["contact_email"]
    assert hilleri.demo_facts == ["opening_hours"]
    assert hilleri.timetable.openings.exists()


def test_school_on_its_playparks_point_is_only_near_it(folder, capsys):
    run(folder, capsys)

    assert Venue.objects.get(key="school-03005").point_quality == "approximate"


def test_gym_and_its_sections(folder, capsys):
    run(folder, capsys)

    gym = Space.objects.get(venue__key="school-03005", key="liikuntasali")
    sections = {space.key: pieces(space.footprint) for space in gym.parts.all()}
    assert pieces(gym.footprint) == {0, 1, 2}
    assert sections["liikuntasali-b"] == {1}
    assert sections["liikuntasali-ab"] == {0, 1}
    assert gym.is_demo
    assert "capacity" in gym.demo_facts
    assert {purpose.code for purpose in gym.purposes.all()} == {"sports"}
    assert gym.equipment.count() == 4
    assert gym.arrival_fi


def test_youth_spaces_keep_their_own_hours_and_are_not_demo(folder, capsys):
    run(folder, capsys)

    sali = Space.objects.get(venue__key="youth-roihuvuoren-nuorisotalo", key="sali")
    assert not sali.is_demo
    assert sali.part_of.name_fi == "Koko talo"
    assert sali.timetable.rules.get(weekdays__contains=[4]).closes.hour == 12
    assert sali.venue.timetable.rules.count() == 0


def test_roihuvuori_kitchen_cannot_be_used_from_two_rooms_at_once(folder, capsys):
    run(folder, capsys)

    meeting = Space.objects.get(key="kokoushuone-ja-keittio")
    sharing = Space.objects.filter(hall_id=meeting.hall_id, footprint__shares_floor=meeting.footprint)
    assert set(sharing.values_list("key", flat=True)) == {
        "koko-talo",
        "aula-ja-keittio",
        "kokoushuone",
        "kokoushuone-ja-keittio",
    }


def test_doubts_and_unusable_lines_are_told(folder, capsys):
    library_hours = folder / "library_weekly_hours.csv"
    change(library_hours, lambda rows: [*rows, rows[0] | {"kirkanta_id": "1", "library_name_fi": "Kadonnut"}])

    output = run(folder, capsys)

    assert "Roihuvuoren nuorisotalo, Kokoushuone, Thursday: the source says “17-12”; read as closed" in output
    assert (
        f"library_weekly_hours.csv:{line_of(library_hours, kirkanta_id='1')}: Kadonnut is not among" in output
    )


def test_file_that_changes_updates_what_it_says_and_no_more(folder, capsys):
    run(folder, capsys)
    set_cell(
        folder / "venues_helsinki.csv",
        2,
        phone="+358 9 123",
        district_no="23",
        district_fi="Toukola",
        district_sv="Majstad",
    )
    spaces = folder / "demo_spaces.csv"
    set_cell(spaces, line_of(spaces, venue_key="tprek-199"), capacity="12", equipment="piano")

    output = counted(run(folder, capsys))

    hilleri = Venue.objects.get(key="tprek-199")
    room = hilleri.spaces.get()
    assert (hilleri.phone, hilleri.district.name_fi, room.capacity) == ("+358 9 123", "Toukola", 12)
    assert [thing.code for thing in room.equipment.all()] == ["piano"]
    assert output["venues"] == "0 created, 1 updated, 4 unchanged, 0 refused"
    assert output["spaces"] == "0 created, 1 updated, 18 unchanged, 0 refused"
    assert output["districts"] == "1 created, 0 updated, 1 unchanged, 0 refused"


def test_changed_hours_change_the_openings(folder, capsys):
    run(folder, capsys)
    hours = folder / "demo_hours.csv"
    set_cell(hours, line_of(hours, kind="playpark", iso_weekdays="1-5"), opens="18:00")

    run(folder, capsys)

    timetable = Venue.objects.get(key="tprek-199").timetable
    assert timetable.rules.get(weekdays=[1, 2, 3, 4, 5]).opens.hour == 18
    weekdays = {
        opening.period.lower for opening in timetable.openings.all() if opening.period.lower.isoweekday() < 6
    }
    assert {instant.astimezone(CITY).hour for instant in weekdays} == {18}


def test_facts_that_the_files_tell_later_are_filled_in(folder, capsys):
    facts = folder / "demo_youth_facts.csv"
    later = facts.read_text(encoding="utf-8")
    change(facts, lambda rows: [])
    run(folder, capsys)
    facts.write_text(later, encoding="utf-8")

    output = counted(run(folder, capsys))

    assert Space.objects.get(venue__key="youth-roihuvuoren-nuorisotalo", key="sali").capacity
    assert output["spaces"].startswith("0 created, 10 updated")


# --- Rules and policies of kinds ------------------------------------------------------------------


def test_made_up_hours_of_schools_are_in_term_closed_on_holidays(folder, capsys):
    run(folder, capsys)

    rules = Venue.objects.get(key="school-03005").timetable.rules.all()
    assert [(rule.weekdays, rule.terms, rule.on_holidays) for rule in rules] == [
        ([1, 2, 3, 4, 5], "in_term", "closed"),
        ([6, 7], "", "closed"),
    ]


def test_venue_with_hours_of_its_own_is_not_as_its_kind(folder, capsys):
    own = {"venue_key": "school-03005", "iso_weekdays": "2", "opens": "18:00", "open_to": "minors; venue"}
    change(folder / "demo_hours.csv", lambda rows: [*rows, rows[0] | own])

    run(folder, capsys)

    (rule,) = Venue.objects.get(key="school-03005").timetable.rules.all()
    assert (rule.weekdays, rule.opens.hour, rule.open_to) == ([2], 18, ["minors", "venue"])


def test_policy_is_said_once_for_a_kind_and_holds_in_its_spaces(folder, capsys):
    run(folder, capsys)

    room = Space.objects.get(venue__key="tprek-199")
    assert (room.bookable_when, room.notice_weekdays, room.needs_adult) == ("both", 1, True)
    assert str(room.terms) == "Leikkipuiston tilan käyttöehdot"
    assert room.terms.versions.get().number == 1
    assert not Policy.objects.filter(kind=None).exists()
    assert policy_layers.unsettled() == []


def test_changed_policy_of_the_files_is_followed_and_a_space_keeps_its_own_word(folder, capsys):
    run(folder, capsys)
    gym, section = Space.objects.filter(venue__key="school-03005").order_by("pk")[:2]
    say_policy(gym, max_minutes=90)
    policies = folder / "demo_policies.csv"
    set_cell(policies, line_of(policies, kind="school"), max_minutes="180")

    output = counted(run(folder, capsys))

    assert output["policies"] == "0 created, 1 updated, 8 unchanged, 0 refused"
    section.refresh_from_db()
    gym.refresh_from_db()
    assert (section.max_minutes, gym.max_minutes) == (180, 90)


@pytest.mark.parametrize("word", [{"max_minutes": 120, "min_minutes": 30}, {}])
def test_what_a_person_says_for_a_kind_is_kept_and_told(folder, capsys, word):
    run(folder, capsys)
    booking_policies.change_policy("school", word)
    policies = folder / "demo_policies.csv"
    set_cell(policies, line_of(policies, kind="school"), max_minutes="180")

    output = run(folder, capsys)

    section = Space.objects.filter(venue__key="school-03005").first()
    assert section.max_minutes == word.get("max_minutes", 720)
    assert "max_minutes, " in output.split("Kept as people edited it:")[1]


def test_policy_that_a_person_made_for_a_kind_is_theirs(folder, capsys):
    booking_policies.change_policy("school", {"max_minutes": 120})

    run(folder, capsys)

    assert Policy.objects.get(kind="school").max_minutes == 120


def test_terms_that_a_person_rewrote_stay(folder, capsys):
    run(folder, capsys)
    terms = Terms.objects.get(name_fi="Koulun liikuntasalin käyttöehdot")
    terms.versions.create(number=2, text_fi="Uudet ehdot", published_at=NOW)

    run(folder, capsys)

    assert terms.versions.count() == 2
    assert Terms.objects.count() == 3


# --- What people did stays -----------------------------------------------------------------------


def test_persons_edits_are_kept_and_told(folder, capsys):
    run(folder, capsys)
    Venue.objects.filter(key="tprek-199").update(phone="040 555")
    room = Space.objects.get(venue__key="tprek-199")
    room.equipment.set(Equipment.objects.filter(code="piano"))
    OpeningRule.objects.filter(timetable=room.venue.timetable, weekdays=[6, 7]).delete()
    set_cell(folder / "venues_helsinki.csv", 2, phone="+358 9 123", website="https://www.hel.fi/")

    output = run(folder, capsys)

    venue = Venue.objects.get(key="tprek-199")
    assert venue.phone == "040 555"
    assert venue.website == "https://www.hel.fi/"  # nobody edited this one
    assert [thing.code for thing in room.equipment.all()] == ["piano"]
    assert not venue.timetable.rules.filter(weekdays=[6, 7]).exists()
    assert "venues_helsinki.csv:2: Leikkipuisto Hilleri: phone, hours stays as a person wrote it" in output
    assert "equipment stays as a person wrote it" in output


def test_point_that_a_person_corrected_never_gets_the_files_quality(imported_folder, capsys):
    school = Venue.objects.get(key="school-03005")
    Venue.objects.filter(pk=school.pk).update(lat=60.2, lon=25.04)
    venues = imported_folder / "venues_helsinki.csv"
    set_cell(venues, line_of(venues, venue_key=school.key), lat="60.3", coord_quality="exact")

    run(imported_folder, capsys)

    school.refresh_from_db()
    assert (school.lat, school.lon, school.point_quality) == (60.2, 25.04, "approximate")


def test_edit_that_the_file_agrees_with_is_followed_again(folder, capsys):
    run(folder, capsys)
    venues = folder / "venues_helsinki.csv"
    Venue.objects.filter(key="tprek-199").update(phone="040 555")
    set_cell(venues, 2, phone="040 555")
    run(folder, capsys)

    set_cell(venues, 2, phone="040 777")
    run(folder, capsys)

    assert Venue.objects.get(key="tprek-199").phone == "040 777"


def test_venue_that_a_person_made_is_theirs(folder, capsys):
    run(folder, capsys)
    Venue.objects.filter(key="tprek-199").update(imported={}, name_fi="Hilleri", phone="")

    run(folder, capsys)

    venue = Venue.objects.get(key="tprek-199")
    assert (venue.name_fi, venue.phone) == ("Hilleri", "")


def test_what_is_missing_from_the_files_is_reported_and_kept(folder, capsys):
    run(folder, capsys)
    change(folder / "venues_helsinki.csv", lambda rows: [row for row in rows if row["kind"] != "playpark"])
    change(folder / "demo_spaces.csv", lambda rows: [row for row in rows if row["venue_key"] != "tprek-199"])

    output = run(folder, capsys)

    assert "venues: Leikkipuisto Hilleri (tprek-199)" in output
    assert "spaces: Kerhohuone (tprek-199, kerhohuone)" in output
    assert Venue.objects.filter(key="tprek-199").exists()


@pytest.mark.parametrize(
    ("stored", "left", "told", "changes", "kept"),
    [
        ("a", "a", "a", {}, []),
        ("a", "a", "b", {"x": "b"}, []),  # the file changed
        ("c", "a", "a", {}, ["x"]),  # a person changed it
        ("c", "a", "b", {}, ["x"]),  # both did
        ("b", "a", "b", {}, []),  # both, and they agree
    ],
)
def test_persons_word_is_stronger_than_the_files(stored, left, told, changes, kept):
    assert merged({"x": stored}, {"x": left}, {"x": told}) == (changes, kept)


# --- Halls that exist are not redrawn -------------------------------------------------------------


def test_changed_layout_of_a_hall_is_refused_and_everything_of_it_stays(folder, capsys):
    run(folder, capsys)
    spaces = folder / "demo_spaces.csv"
    line = line_of(spaces, venue_key="school-03005", key="liikuntasali-a")
    before = everything()
    set_cell(spaces, line, pieces="0; 1", capacity="7")

    output = run(folder, capsys)

    assert everything() == before
    assert f"demo_spaces.csv:{line}: Liikuntasali, lohko A: covers other floor than before" in output
    assert counted(output)["spaces"] == "0 created, 0 updated, 18 unchanged, 1 refused"


@time_machine.travel(NOW)
def test_import_does_not_disturb_bookings(folder, capsys):
    run(folder, capsys)
    section = Space.objects.get(venue__key="school-03005", key="liikuntasali-a")
    booking = create_booking(
        section,
        "10:00",
        "11:00",
        adult_name="Aino",
        adult_phone="040 123",
        accepted_terms=section.terms.versions.get(),
    )
    hours, spaces = folder / "demo_hours.csv", folder / "demo_spaces.csv"
    set_cell(hours, line_of(hours, kind="school", iso_weekdays="6-7"), opens="15:00")
    set_cell(spaces, line_of(spaces, key="liikuntasali-a"), pieces="1; 2")

    run(folder, capsys)

    booking.refresh_from_db()
    date = booking.dates.get()
    assert booking.status == "confirmed"
    assert (date.hall_id, pieces(date.footprint), date.starts_at) == (
        section.hall_id,
        {0},
        hour("10:00"),
    )


def test_new_space_in_a_hall_that_is_drawn_as_the_file_says_is_added(folder, capsys):
    spaces = folder / "demo_spaces.csv"
    all_of_it = spaces.read_text(encoding="utf-8")
    change(spaces, lambda rows: [row for row in rows if row["key"] != "liikuntasali-bc"])
    run(folder, capsys)
    spaces.write_text(all_of_it, encoding="utf-8")

    output = counted(run(folder, capsys))

    assert output["spaces"] == "1 created, 0 updated, 18 unchanged, 0 refused"
    assert Space.objects.get(key="liikuntasali-bc").part_of.key == "liikuntasali"


def test_whole_that_would_not_hold_its_existing_parts_is_refused(folder, capsys):
    """Listed anew, "Koko talo" would be a hall of its own: the rooms could be given away twice."""
    spaces, others = (
        folder / "youth_spaces.csv",
        ["overlaps.csv", "youth_space_weekly_hours.csv", "demo_youth_facts.csv"],
    )
    before = {file: (folder / file).read_text(encoding="utf-8") for file in [spaces.name, *others]}
    for file in before:
        change(folder / file, lambda rows: [row for row in rows if row["space_name_fi"] != "Koko talo"])
    run(folder, capsys)
    for file, text in before.items():
        (folder / file).write_text(text, encoding="utf-8")

    output = run(folder, capsys)

    line = line_of(spaces, unit_name_fi="Roihuvuoren nuorisotalo", space_name_fi="Koko talo")
    assert f"youth_spaces.csv:{line}: Koko talo: its hall is drawn otherwise than here" in output
    assert not Space.objects.filter(key="koko-talo").exists()


def test_hall_that_a_person_redrew_stays_as_they_drew_it(folder, capsys):
    run(folder, capsys)
    gym = Space.objects.get(venue__key="school-03005", key="liikuntasali")
    drawn = layout.layout_of(gym)
    finer = {pk: {2 * piece + half for piece in floor for half in (0, 1)} for pk, floor in drawn.items()}
    layout.redraw(gym, finer, by=create_user("Onni"), now=NOW)

    output = counted(run(folder, capsys))

    gym.refresh_from_db()
    assert pieces(gym.footprint) == {0, 1, 2, 3, 4, 5}
    assert output["spaces"] == "0 created, 0 updated, 19 unchanged, 0 refused"
