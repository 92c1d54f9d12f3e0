"""Pages of a long answer."""

from collections.abc import Sequence

from django.core.paginator import InvalidPage, Paginator
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response

LARGEST_PAGE = 2**31 - 1


class Pages(PageNumberPagination):
    """Pages by number, with a true total. A page that cannot be is refused, not guessed at."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 1000
    last_page_strings = ()

    def asked(self, request) -> tuple[int, int]:
        """Return the number of the page and how many rows it shall have. Raises `ValidationError`."""
        return (
            whole_number(request, self.page_query_param, default=1, at_most=LARGEST_PAGE),
            whole_number(
                request, self.page_size_query_param, default=self.page_size, at_most=self.max_page_size
            ),
        )

    def page_of(self, rows: Sequence, number: int, size: int, *, total: int, request) -> Response:
        """Answer with a page that was fetched by itself, of so many rows in all."""
        self.request = request
        try:
            self.page = Paginator(range(total), size).page(number)
        except InvalidPage as exc:
            raise NotFound(self.invalid_page_message) from exc
        return self.get_paginated_response(rows)

    def get_page_number(self, request, paginator) -> int:
        return self.asked(request)[0]

    def get_page_size(self, request) -> int:
        return self.asked(request)[1]

    def get_schema_operation_parameters(self, view) -> list[dict]:
        page, size = super().get_schema_operation_parameters(view)
        page["schema"] |= {"minimum": 1, "maximum": LARGEST_PAGE, "default": 1}
        size["schema"] |= {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [page, size]

    def get_paginated_response_schema(self, schema: dict) -> dict:
        described = super().get_paginated_response_schema(schema)
        described["required"] = ["count", "next", "previous", "results"]
        described["properties"]["count"] = {"type": "integer", "description": "How many there are in all."}
        for link in ("next", "previous"):
            described["properties"][link] = {"type": ["string", "null"], "format": "uri"}
        return described


def whole_number(request, name: str, *, default: int, at_most: int) -> int:
    field = serializers.IntegerField(min_value=1, max_value=at_most)
    try:
        return field.run_validation(request.query_params.get(name) or default)
    except ValidationError as exc:
        raise ValidationError({name: exc.detail}) from exc
