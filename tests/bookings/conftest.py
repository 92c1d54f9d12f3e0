"""A hall with its manager, and the promises that hold whatever became of it."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Organisation, User
from bookings import invariants
from bookings.models import Closure
from tests.bookings.pages import signed_in
from tests.factories import (
    NOW,
    create_gym,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    say_policy,
)
from venues.models import Space, Venue


@pytest.fixture
def hall() -> Space:
    return create_space(capacity=100)


@pytest.fixture
def onni(hall) -> User:
    return create_manager(hall.venue)


# --- Pages ----------------------------------------------------------------------------------------


@pytest.fixture
def monday_morning() -> Iterator[None]:
    """It is eight o'clock on a Monday, and stays so."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def finnish(client) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "fi"


@pytest.fixture
def gym() -> tuple[Space, ...]:
    """A gym as a whole, and its parts A, B and A+C."""
    return create_gym()


@pytest.fixture
def venue(gym) -> Venue:
    return gym[0].venue


@pytest.fixture
def desk(venue) -> Client:
    """The venue's manager, signed in."""
    return signed_in(create_manager(venue))


# --- A club on the pages ---------------------------------------------------------------------------


@pytest.fixture
def mikael() -> User:
    return create_user("Mikael")


@pytest.fixture
def club(mikael) -> Organisation:
    return create_organisation(mikael, name="Idän Sähly ry", role="owner")


@pytest.fixture
def desktop(mikael, club) -> Client:
    return signed_in(mikael)


@pytest.fixture
def half(gym) -> Space:
    """Half a gym, free all week."""
    for space in gym:
        say_policy(space, approval="instant")
    return Space.objects.with_place().get(pk=gym[1].pk)


# --- What holds whatever became of it --------------------------------------------------------------


@pytest.fixture
def all_is_as_promised() -> Iterator[None]:
    """Count every promise again when the test is over."""
    yield
    assert list(invariants.findings(now=NOW)) == []


@pytest.fixture
def closed_as_promised() -> Iterator[None]:
    """Whatever a test does, every promise holds afterwards, from the last closing or lifting on."""
    yield
    deeds = [deed for pair in Closure.objects.values_list("created_at", "lifted_at") for deed in pair if deed]
    assert list(invariants.findings(now=max(deeds, default=NOW))) == []
