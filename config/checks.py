"""What `manage.py migrate` makes sure of before it touches a database."""

from django.core import checks
from django.db import connections

OLDEST_SERVER = 15


@checks.register(checks.Tags.database)
def server_is_fit(app_configs, databases, **kwargs) -> list[checks.CheckMessage]:
    """The invariant needs multiranges and generated columns as they have been since version 15."""
    problems: list[checks.CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            version = connections[alias].pg_version // 10_000  # type: ignore[attr-defined]  # PostgreSQL's
            cursor.execute("SHOW server_encoding")
            (encoding,) = cursor.fetchone()
        if version < OLDEST_SERVER:
            problems.append(
                checks.Error(
                    f"PostgreSQL {version} is too old. Use {OLDEST_SERVER} or later.", id="vuoro.E001"
                )
            )
        if encoding != "UTF8":
            problems.append(
                checks.Error(
                    f"The database stores {encoding}. Make it with ENCODING 'UTF8'.", id="vuoro.E002"
                )
            )
    return problems
