"""What to do with a body that nobody wanted to read."""

from django.http import HttpRequest, UnreadablePostError

PIECE = 64 * 1024  # bytes
MOST_PIECES = 512  # 32 MB; a client that sends more is cut off


class UnreadBodyMiddleware:
    """Read on, and forget, what a client still sends when its answer is ready.

    A server that hangs up on a sender is not heard: the sender sees a broken connection, not 401 or 413.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        response = self.get_response(request)
        forget_rest_of(request)
        return response


def forget_rest_of(request: HttpRequest) -> None:
    try:
        for _number in range(MOST_PIECES):
            if not request.read(PIECE):
                return
    except UnreadablePostError:
        return  # the client is gone
