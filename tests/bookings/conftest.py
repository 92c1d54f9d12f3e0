"""A hall with its manager, and the promises that hold whatever became of it."""

from collections.abc import Iterator

import pytest

from accounts.models import User
from bookings import invariants
from tests.factories import NOW, create_manager, create_space
from venues.models import Space


@pytest.fixture
def hall() -> Space:
    return create_space(capacity=100)


@pytest.fixture
def onni(hall) -> User:
    return create_manager(hall.venue)


@pytest.fixture
def all_is_as_promised() -> Iterator[None]:
    """Count every promise again when the test is over."""
    yield
    assert list(invariants.findings(now=NOW)) == []
