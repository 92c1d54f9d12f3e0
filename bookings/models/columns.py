"""Columns that the database works out itself."""

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Func


def stored(expression, output_field: models.Field) -> models.GeneratedField:
    return models.GeneratedField(expression=expression, output_field=output_field, db_persist=True)


def stretch(start: str, end: str) -> models.GeneratedField:
    return stored(Func(F(start), F(end), function="tstzrange"), DateTimeRangeField())
