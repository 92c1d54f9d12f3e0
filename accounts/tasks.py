"""Work in the background: load by id, one rule call."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from . import sign_up

FORGOTTEN_AFTER = timedelta(days=1)


@app.periodic(cron="20 3 * * *")
@app.task(queueing_lock="forget_unused_accounts")
def forget_unused_accounts(timestamp: int) -> None:
    """Forget addresses for which somebody asked a code that was never used."""
    sign_up.forget_unused(before=timezone.now() - FORGOTTEN_AFTER)
