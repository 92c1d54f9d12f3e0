"""What nobody finds with us: cards, which only Stripe sees, and the secrets by which we know each other."""

import io
import json
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings import lifecycle
from bookings.models import Booking
from config.logging import JsonFormatter
from payments import checkout, tasks, webhooks
from payments.models import Payment, Refund
from tests.factories import MONDAY, NOW, create_booking, create_user, hour
from tests.payments.books import Worker
from tests.prices import create_priced_space

pytestmark = pytest.mark.django_db

SECRETS = ["sk_test_sandbox", "whsec_sandbox"]
ROOT = Path(__file__).resolve().parent.parent.parent
# What tells of a card, or lets somebody pay with it again.
OF_A_CARD = re.compile(r"last4|fingerprint|exp_month|\bvisa\b|\bpm_[0-9a-f]{8}")


@pytest.fixture(autouse=True)
def clock(settings):
    settings.DEBUG = False
    with time_machine.travel(NOW, tick=True) as clock:
        yield clock


@pytest.fixture
def log():
    """All that an operator would read."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def aino():
    return create_user("Aino")


@pytest.fixture
def booking(aino) -> Booking:
    return create_booking(create_priced_space(), hour("10:00"), hour("13:00"), customer=aino)


@pytest.fixture
def web(aino) -> Client:
    web = Client(raise_request_exception=False)
    web.force_login(aino)
    return web


def pay(web: Client, booking: Booking):
    return web.post(reverse("payments:pay"), {"booking": booking.pk})


def hear_all(web: Client, sandbox) -> None:
    for body, headers in sandbox.webhooks.take():
        signed = {"Stripe-Signature": headers["Stripe-Signature"]}
        web.post(reverse("payments:webhook"), body, content_type="application/json", headers=signed)


def live_through_everything(web, sandbox, booking, clock, settings) -> None:
    """Pay, after some trouble with the network and the key; be forged; get it back; and have it disputed."""
    settings.STRIPE_SECRET_KEY = "sk_test_sandbox_of_yesterday"
    pay(web, booking)
    settings.STRIPE_SECRET_KEY = SECRETS[0]
    sandbox.do("fault", how="lose", path="/v1/", times=3)
    pay(web, booking)
    payment = payment_in(pay(web, booking))
    sandbox.do("pay", session=payment.session_id, how="declined")
    sandbox.do("pay", session=payment.session_id, how="disputed")
    for how in ("bad_signature", "stale", "not_utf8", "not_json", "live"):
        body, headers = sandbox.webhooks.forged(sandbox.world.all("event")[0], how)
        signed = {"Stripe-Signature": headers["Stripe-Signature"]}
        web.post(reverse("payments:webhook"), body, content_type="application/json", headers=signed)
    web.get(reverse("payments:done", args=[payment.pk]))
    hear_all(web, sandbox)
    worker = Worker()
    web.get(payment.get_absolute_url())
    sandbox.do("refunds_of", intent=Payment.objects.get().intent_id, outcome="fails")
    lifecycle.cancel(Booking.objects.with_place().get(), by=booking.customer, now=NOW)
    worker.work()
    clock.shift(timedelta(days=6))
    sandbox.do("clock", advance=0)
    hear_all(web, sandbox)
    worker.work()
    assert Refund.objects.get().state == Refund.State.FAILED


def payment_in(answer) -> Payment:
    assert answer.status_code == 302
    return Payment.objects.get(session_url=answer["Location"])


def everything_stored() -> str:
    """Return all that is in the database, in every column of every table."""
    with connection.cursor() as cursor:
        cursor.execute("select table_name from information_schema.tables where table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        stored = []
        for table in tables:
            cursor.execute(f'select row_to_json(line)::text from "{table}" line')
            stored += [text for (text,) in cursor.fetchall()]
    return "\n".join(stored)


def test_secrets_are_in_no_log_no_job_and_no_table(hasty, web, booking, clock, settings, log):
    live_through_everything(web, hasty, booking, clock, settings)
    tasks.send_refunds(timestamp=0)
    call_command("reconcile", stdout=log, stderr=log)

    jobs = "".join(json.dumps(job.args) for job in ProcrastinateJob.objects.all())
    assert "payment_id" in jobs
    assert "AuthenticationError" in log.getvalue()
    for secret in SECRETS:
        assert secret not in log.getvalue()
        assert secret not in jobs
        assert secret not in everything_stored()


def test_jobs_carry_numbers_only(hasty, web, booking, clock, settings):
    live_through_everything(web, hasty, booking, clock, settings)

    ours = ProcrastinateJob.objects.filter(task_name__startswith="payments.")
    assert ours.exists()
    assert {type(value) for job in ours for value in job.args.values()} == {int}


def test_addresses_of_open_sessions_are_in_no_log(hasty, web, booking, log):
    payment = payment_in(pay(web, booking))

    assert payment.session_id not in log.getvalue()


def test_a_page_that_fails_tells_no_secret(hasty, web, booking, settings, monkeypatch, log):
    def fail(*args, **kwargs):
        secret, key = settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_SECRET_KEY
        raise RuntimeError(f"Neither {len(secret)} nor {len(key)} letters long.")

    monkeypatch.setattr(checkout, "start", fail)
    monkeypatch.setattr(webhooks, "hear", fail)
    body, headers = hasty.webhooks.sealed(json.dumps({"livemode": False, "object": "event"}).encode())
    signed = {"Stripe-Signature": headers["Stripe-Signature"]}
    address = reverse("payments:webhook")

    answers = [
        pay(web, booking),
        web.post(address, body, content_type="application/json", headers=signed),
    ]

    for answer in answers:
        assert answer.status_code == 500
        assert not any(secret in answer.content.decode() for secret in SECRETS)
    assert not any(secret in log.getvalue() for secret in SECRETS)


def test_the_ledger_that_is_sent_away_tells_no_secret(hasty, web, booking, clock, settings):
    live_through_everything(web, hasty, booking, clock, settings)
    kerttu = create_user("Kerttu", is_staff=True)
    web.force_login(kerttu)

    answer = web.get(reverse("payments:ledger"), {"since": MONDAY, "until": MONDAY + timedelta(days=30)})

    lines = answer.getvalue().decode()
    assert "refund_failed" in lines
    assert not any(secret in lines for secret in [*SECRETS, Payment.objects.get().session_id])
    assert not OF_A_CARD.search(lines)


def test_no_card_touches_us(hasty, web, booking, clock, settings, log):
    """It is typed on Stripe's page. What Stripe tells of it, we neither store nor log."""
    answer = pay(web, booking)
    assert answer["Location"].startswith(hasty.base)
    live_through_everything(web, hasty, booking, clock, settings)

    told = "".join(json.dumps(exchange.answered) for exchange in hasty.exchanges)
    assert OF_A_CARD.search(told)  # Stripe would tell
    assert not any("card" in exchange.form for exchange in hasty.exchanges)
    assert not OF_A_CARD.search(everything_stored())
    assert not OF_A_CARD.search(log.getvalue())


def test_no_page_of_ours_asks_for_a_card():
    sandboxes = ROOT / "payments/templates/payments/sandbox"
    pages = [
        page
        for app in ("accounts", "bookings", "config", "payments", "venues")
        for page in (ROOT / app).rglob("*.html")
        if sandboxes not in page.parents
    ]
    assert len(pages) > 50
    asking = re.compile(r"cc-number|cc-csc|cc-exp|name=\"card|js\.stripe\.com", re.IGNORECASE)
    assert [page.name for page in pages if asking.search(page.read_text())] == []
