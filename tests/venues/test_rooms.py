"""Which rooms a space's name lists, and which spaces therefore share floor."""

import pytest

from venues.importing import rooms
from venues.importing.rooms import Laid


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("Sali", ("sali",)),
        ("Aula ja keittiö", ("aula", "keittiö")),
        ("Sali, keittiö ja askarteluhuone", ("sali", "keittiö", "askarteluhuone")),
        ("Kenttä 1 ja 2", ("kenttä 1", "kenttä 2")),
        ("Kenttä 1, 2 ja 3", ("kenttä 1", "kenttä 2", "kenttä 3")),
        ("Ryhmätila 1 kulmahuone", ("ryhmätila 1 kulmahuone",)),
        ("Yläkerran Yleiset tilat", ("yläkerran yleiset tilat",)),
    ],
)
def test_name_lists_its_rooms(name, inside):
    assert rooms.rooms_in(name) == inside


def laid(*names, combines=None, also_covers=None) -> dict[str, Laid]:
    found = rooms.rooms_of(names, combines=combines or {}, also_covers=also_covers or {})
    return {space.name: space for space in rooms.laid_out(found)}


def test_rooms_that_nothing_joins_are_halls_of_their_own():
    layout = laid("Sali", "Keittiö")

    assert [(space.hall, space.pieces) for space in layout.values()] == [(None, (0,)), (None, (0,))]


def test_neighbouring_combinations_share_the_room_between_them():
    layout = laid("Kenttä 1", "Kenttä 1 ja 2", "Kenttä 2", "Kenttä 2 ja 3", "Kenttä 3", "Kenttä 1, 2 ja 3")

    assert layout["Kenttä 1, 2 ja 3"].hall is None
    assert layout["Kenttä 1 ja 2"] == Laid("Kenttä 1 ja 2", (0, 1), hall="Kenttä 1, 2 ja 3")
    assert layout["Kenttä 2 ja 3"].pieces == (1, 2)


def test_whole_house_holds_every_room_whatever_its_list_says():
    layout = laid("Koko talo", "Sali", "Aula ja keittiö", combines={"Koko talo": ["Sali"]})

    assert layout["Koko talo"].pieces == (0, 1, 2)
    assert {space.hall for space in layout.values()} == {None, "Koko talo"}


def test_whole_house_alone_is_one_hall():
    assert laid("Koko talo") == {"Koko talo": Laid("Koko talo", (0,))}


def test_combination_is_what_it_combines_not_what_it_is_called():
    layout = laid("Sali", "Keittiö", "Juhlapaketti", combines={"Juhlapaketti": ["Sali", "Keittiö"]})

    assert layout["Juhlapaketti"].pieces == (0, 1)


def test_combination_of_combinations_holds_all_their_rooms():
    layout = laid("A", "B", "C", "X", "Y", combines={"Y": ["X", "C"], "X": ["A", "B"]})

    assert len(layout["Y"].pieces) == 3


def test_where_no_space_holds_all_floor_one_that_cannot_be_booked_is_added():
    layout = laid("Sali ja aula", "Aula ja keittiö")

    added = layout["Koko tila (sali, aula, keittiö)"]
    assert not added.is_listed
    assert layout["Sali ja aula"].hall == layout["Aula ja keittiö"].hall == added.name


def test_review_adds_what_names_cannot_tell():
    names = ("Keittiö", "Yhteistila ja pieni keittiö")

    assert {space.hall for space in laid(*names).values()} == {None}
    reviewed = laid(*names, also_covers={"Keittiö": ["pieni keittiö"]})
    assert set(reviewed["Keittiö"].pieces) & set(reviewed["Yhteistila ja pieni keittiö"].pieces)


def test_two_spaces_may_be_suspected_of_holding_each_other():
    layout = laid("Sali", "Aula", also_covers={"Sali": ["Aula"], "Aula": ["Sali"]})

    assert layout["Sali"].pieces == layout["Aula"].pieces == (0, 1)


def test_room_that_the_building_has_not_is_refused():
    with pytest.raises(rooms.UnknownRoom) as refusal:
        laid("Sali", "Aula", also_covers={"Sali": ["Sauna"]})

    assert (refusal.value.space, refusal.value.room) == ("Sali", "Sauna")
