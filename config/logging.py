"""Logs as one JSON object a line on standard error, each with the id of the request that caused it."""

import json
import logging
import re
import time
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

from django.utils.functional import SimpleLazyObject, empty

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
access = logging.getLogger("vuoro.access")


class JsonFormatter(logging.Formatter):
    """One line per event; `logger.info("…", extra={"fields": {…}})` adds fields of its own."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if known := request_id.get():
            event["request_id"] = known
        event |= getattr(record, "fields", {})
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False, default=str)


CONFIGURATION = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "config.logging.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "stripe": {"level": "WARNING"},  # every question and answer, with ids of customers in addresses
        "procrastinate.blueprints": {"level": "WARNING"},  # what every process registers as it starts
        "procrastinate.periodic": {"level": "WARNING"},
        "procrastinate.jobs": {"level": "WARNING"},  # that it was queued; the worker tells the rest
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        "gunicorn.access": {"handlers": [], "level": "ERROR", "propagate": True},
    },
}


class RequestLogMiddleware:
    """Give every request an id and a line in the log, without its query: that may tell who looks for what."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Not reset afterwards: Django logs refusals when all middleware is through.
        request_id.set(accepted_id(request.headers.get("X-Request-ID", "")))
        began = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id.get()
        access.info("%s %s", request.method, request.path, extra={"fields": facts(request, response, began)})
        return response


def accepted_id(given: str) -> str:
    """Return the caller's request id if it is fit for a log, else a new one."""
    return given if re.fullmatch(r"[A-Za-z0-9._-]{8,128}", given) else uuid.uuid4().hex


def facts(request, response, began: float) -> dict:
    return {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "ms": round((time.perf_counter() - began) * 1000, 1),
        "user": known_user(request),
    }


def known_user(request) -> int | None:
    """Return the id of the user, if answering the request had to find out."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject) and user._wrapped is empty:
        return None
    return getattr(user, "pk", None)
