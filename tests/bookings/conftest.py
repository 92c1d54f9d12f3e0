"""A hall with its manager, and the promises that hold whatever became of it."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from bookings import invariants
from tests.bookings.pages import signed_in
from tests.factories import NOW, create_gym, create_manager, create_space
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


# --- What holds whatever became of it --------------------------------------------------------------


@pytest.fixture
def all_is_as_promised() -> Iterator[None]:
    """Count every promise again when the test is over."""
    yield
    assert list(invariants.findings(now=NOW)) == []
