"""What a season lets somebody do follows what she may do now, and where: not who asked for it once."""

import pytest
from django.urls import reverse

from accounts.models import Membership
from bookings.models import MissedDate, Series
from tests.bookings.pages import signed_in
from tests.factories import (
    MONDAY,
    create_booking,
    create_manager,
    create_organisation,
    create_series,
    create_space,
    create_user,
    hour,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


def missed_of(series: Series, space) -> MissedDate:
    why = [{"code": "time_taken", "fi": "Varattu", "sv": "Bokad", "en": "Taken"}]
    return MissedDate.objects.create(
        series=series, space=space, starts_at=hour("16:00"), ends_at=hour("17:00"), problems=why
    )


@pytest.mark.parametrize(("role", "status"), [("booker", 302), ("viewer", 403), (None, 404)])
def test_who_asked_for_it_may_do_what_her_role_allows_today(role, status):
    gym, sari = create_space(), create_user("Sari")
    club = create_organisation(sari, name="Idän Sähly ry")
    season = create_series(gym, customer=sari, organisation=club)
    missed, date = missed_of(season, gym), season.bookings.get().dates.first()
    if role:
        Membership.objects.update(role=role)
    else:
        Membership.objects.all().delete()
    hers = signed_in(sari)

    gives_back = hers.post(reverse("bookings:release_series", args=[season.pk]), {"date": date.pk})
    takes = hers.post(reverse("bookings:take_missed", args=[season.pk]), {"missed": missed.pk})

    assert (gives_back.status_code, takes.status_code) == (status, status)
    date.refresh_from_db()
    missed.refresh_from_db()
    assert (date.released_at is not None, missed.made_up_at is not None) == (role == "booker",) * 2


def test_a_manager_books_a_missed_date_at_her_own_venue_only():
    mine, elsewhere = create_space(), create_space()
    season = create_series(elsewhere, mine)
    missed = missed_of(season, elsewhere)
    desk = signed_in(create_manager(mine.venue))

    answer = desk.post(reverse("bookings:take_missed", args=[season.pk]), {"missed": missed.pk})

    assert answer.status_code == 403
    missed.refresh_from_db()
    assert missed.made_up_at is None


def test_a_manager_decides_between_a_season_and_a_single_request():
    gym = create_space(approval="request", requests_compete=True)
    season = create_series(gym, first=MONDAY, weeks=4)
    begins = season.bookings.get().dates.earliest("starts_at").starts_at
    single = create_booking(gym, begins, begins.replace(hour=begins.hour + 1))
    desk = signed_in(create_manager(gym.venue))

    pages = [reverse("bookings:inbox")]
    pages += [reverse("bookings:request", args=[booking.pk]) for booking in (season.bookings.get(), single)]
    assert [desk.get(page).status_code for page in pages] == [200] * 3
