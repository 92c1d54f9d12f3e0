"""A hall that is redrawn while bookings are in the way waits until they have gone."""

from collections import Counter

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.problems import Refused
from bookings import impacts, tasks
from bookings.impacts import Fate
from bookings.layout import layout_of
from bookings.models import Booking, Impact, Status
from bookings.redrawing import Redrawn
from bookings.wishes import date_of
from tests.bookings.changing import DUE, everything, status, told
from tests.factories import NOW, create_booking, create_gym, create_manager, hour
from tests.post import send_all
from venues.models import Space

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_is_as_promised")]


@pytest.fixture
def gym() -> tuple[Space, Space, Space, Space]:
    return create_gym()


@pytest.fixture
def wider(gym) -> Redrawn:
    """Lohko B takes the floor of Lohko A as well."""
    whole, _a, b, _rest = gym
    return Redrawn(whole, layout_of(whole) | {b.pk: {0, 1}})


@pytest.fixture
def rivals(gym) -> list[Booking]:
    return [create_booking(space, "10:00", "12:00") for space in gym[1:3]]


def test_a_redraw_that_collides_waits_until_the_loser_has_gone(gym, wider, rivals):
    onni, before = create_manager(gym[0].venue), everything()
    found = impacts.preview(wider, by=onni, now=NOW)
    assert everything() == before
    assert [hit.date.booking for hit in found.hits] == rivals

    fates = {date_of(rivals[1]).pk: Fate.CANCEL}
    impact = impacts.decide(wider, fates=fates, by=onni, now=NOW, seen=found.version)
    assert layout_of(gym[0]) != wider.layout
    impacts.carry_out(impact, now=DUE)

    assert layout_of(gym[0]) == wider.layout
    assert [status(each) for each in rivals] == [Status.CONFIRMED, Status.CANCELLED]


def test_a_redraw_moves_the_loser_to_where_it_is_free_under_the_new_layout(gym, wider, rivals):
    onni = create_manager(gym[0].venue)

    impact = impacts.decide(wider, fates={date_of(rivals[0]).pk: Fate.MOVE}, by=onni, now=NOW)
    impacts.carry_out(impact, now=DUE)

    assert layout_of(gym[0]) == wider.layout
    assert told() == Counter([(rivals[0].pk, "moved")])


def test_of_two_that_would_share_floor_one_must_go(gym, wider, rivals):
    with pytest.raises(Refused) as refusal:
        impacts.decide(wider, fates=Fate.KEEP, by=create_manager(gym[0].venue), now=NOW)

    assert refusal.value.codes == {"both_kept"}
    assert not Impact.objects.exists()


def test_a_redraw_that_still_collides_when_it_is_due_touches_nobody_and_its_maker_gets_a_mail(
    gym, wider, rivals, mailoutbox
):
    onni = create_manager(gym[0].venue)
    impact = impacts.decide(wider, fates={date_of(rivals[1]).pk: Fate.CANCEL}, by=onni, now=NOW)
    for space in gym[1:3]:
        create_booking(space, "14:00", "16:00")

    assert impacts.carry_out(impact, now=DUE)

    impact.refresh_from_db()
    assert impact.after["refused"] == ["redraw_collides"]
    assert layout_of(gym[0]) != wider.layout
    assert ([status(each) for each in rivals], told()) == ([Status.CONFIRMED] * 2, Counter())
    (job,) = ProcrastinateJob.objects.filter(task_name="bookings.tasks.tell_of_failure")
    tasks.tell_of_failure(**job.args)
    send_all()
    assert [each.to for each in mailoutbox] == [[onni.email]]


def test_a_redraw_can_be_undone_but_not_made_beside_its_bookings(gym, wider, rivals):
    onni = create_manager(gym[0].venue)
    impact = impacts.decide(wider, fates={date_of(rivals[1]).pk: Fate.CANCEL}, by=onni, now=NOW)

    with pytest.raises(Refused) as refusal:
        impacts.let_be(impact, by=onni, now=NOW)
    assert refusal.value.codes == {"cannot_be_kept"}

    impacts.undo(impact, by=onni, now=NOW)
    assert not impacts.carry_out(impact, now=DUE)
    assert [status(each) for each in rivals] == [Status.CONFIRMED] * 2


def test_a_redraw_over_what_is_past_is_refused_as_ever(gym, wider, rivals):
    with pytest.raises(Refused) as refusal:
        impacts.preview(wider, by=create_manager(gym[0].venue), now=hour("13:00"))

    assert refusal.value.codes == {"redraw_collides"}
