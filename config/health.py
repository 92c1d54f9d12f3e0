"""/healthz: may this process be sent requests?"""

import logging

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import JsonResponse
from django.utils.functional import cached_property

logger = logging.getLogger(__name__)


class HealthMiddleware:
    """Answer /healthz before hosts, sessions or throttles have a say: load balancers ask by address."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.health() if request.path == "/healthz" else self.get_response(request)

    def health(self) -> JsonResponse:
        """Answer 200 if the database answers and has every migration, else 503 with the reason."""
        reason = self.reason_to_wait()
        if reason is None:
            return answer(200, {"status": "ok"})
        logger.warning("not healthy: %s", reason)
        return answer(503, {"status": "unavailable", "reason": reason})

    def reason_to_wait(self) -> str | None:
        try:
            missing = self.migrations - MigrationRecorder(connection).applied_migrations().keys()
        except DatabaseError:
            return "The database does not answer."
        return f"{len(missing)} migrations are not applied." if missing else None

    @cached_property
    def migrations(self) -> set[tuple[str, str]]:
        """The migrations of this release, read once: code does not change under a running process."""
        return set(MigrationLoader(None).graph.nodes)


def answer(status: int, content: dict) -> JsonResponse:
    return JsonResponse(content, status=status, headers={"Cache-Control": "no-store"})
