"""Who is refused while still sending is heard out, within reason."""

from io import BytesIO

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse

from config.bodies import MOST_PIECES, PIECE, UnreadBodyMiddleware

TEN_MEGABYTES = 10_000_000


def refuse_unread(body, *, size: int) -> None:
    """Answer a request of such a size without having looked at its body."""
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "CONTENT_LENGTH": str(size), "wsgi.input": body}
    UnreadBodyMiddleware(lambda request: HttpResponse(status=413))(WSGIRequest(environ))


def test_a_refused_body_is_read_to_its_end():
    body = BytesIO(b"x" * TEN_MEGABYTES + b"the next request")

    refuse_unread(body, size=TEN_MEGABYTES)

    assert body.read() == b"the next request"


class EndlessBody(BytesIO):
    """Counts what was read of it."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        self.taken += size
        return b"x" * size


def test_an_endless_sender_is_cut_off():
    body = EndlessBody()

    refuse_unread(body, size=10**12)

    assert body.taken == MOST_PIECES * PIECE


class BrokenBody(BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise ConnectionResetError


def test_a_sender_who_hung_up_is_let_go():
    refuse_unread(BrokenBody(), size=TEN_MEGABYTES)
