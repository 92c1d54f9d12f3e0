"""Inputs that more than one form needs."""

from datetime import date
from typing import Any

from django import forms

from . import wording


class DayInput(forms.DateInput):
    """The browser's own date field, with the weekday told beside it."""

    input_type = "date"
    template_name = "components/day_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"weekday": weekday(value)}


def weekday(value: Any) -> str:
    """Name the weekday of a date, or of an ISO date as a browser sends it; of anything else, none."""
    try:
        return wording.weekday(value if isinstance(value, date) else date.fromisoformat(str(value)))
    except ValueError:
        return ""
