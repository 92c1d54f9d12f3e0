"""Several processes, several tabs, Stripe and the worker, all at once: nobody is charged twice."""

import http.client
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from bookings import lifecycle
from bookings.models import Booking, Status
from payments import tasks
from payments.models import Payment, Refund
from payments.sandbox import Sandbox
from tests.factories import create_booking, create_organisation, create_user, create_venue, hour, open_daily
from tests.payments.books import Worker, disagreements, forget, kept_at_stripe
from tests.prices import create_priced_space
from tests.races import server
from tests.together import at_once
from venues.clock import local

pytestmark = pytest.mark.django_db(transaction=True)

KEY, SECRET = "sk_test_sandbox", "whsec_sandbox"
TABS = 10
PRICE = 2034
rounds = pytest.mark.parametrize("rounds", [pytest.param(20, marks=pytest.mark.proof)])
few_and_many = pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.proof)])


@pytest.fixture(scope="module")
def account(django_db_setup, django_db_blocker, tmp_path_factory):
    """Stripe's understudy, and a server that talks to it and hears its events."""
    sandbox = Sandbox(key=KEY, webhook_secret=SECRET).start()
    log = tmp_path_factory.mktemp("payments") / "web.log"
    more = {
        "DJANGO_SETTINGS_MODULE": "config.settings",  # those of tests are no demo's
        "DEMO": "1",
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": sandbox.base,
        "SITE_URL": settings.SITE_URL,
    }
    with django_db_blocker.unblock(), server.running(log, **more) as port:
        yield sandbox, port
    sandbox.stop()
    assert '"status": 500' not in log.read_text()


@pytest.fixture
def till(account, settings):
    sandbox, port = account
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = KEY, SECRET
    settings.STRIPE_API_BASE = sandbox.base
    forget(sandbox)
    sandbox.webhooks.url = f"http://{server.HOST}:{port}/payments/stripe/"
    sandbox.do("events", mode="hold")
    till = Till(sandbox, port)
    yield till
    sandbox.do("events", mode="drop")


@dataclass
class Browser:
    """Somebody who is signed in."""

    port: int
    session: str

    def get(self, path: str) -> int:
        return self.ask("GET", path)[0]

    def post(self, path: str, **form) -> tuple[int, str]:
        return self.ask("POST", path, urlencode(form, doseq=True))

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        """Return the status, and where it leads."""
        token = "x" * 32
        headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session}; {settings.CSRF_COOKIE_NAME}={token}",
            "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        call = http.client.HTTPConnection(server.HOST, self.port, timeout=60)
        try:
            call.request(method, path, body, headers)
            answer = call.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Location", "")
        finally:
            call.close()


class Till:
    """A room that is paid before use, and what one can do about it."""

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        self.sandbox, self.port = sandbox, port
        self.began_at = timezone.now() - timedelta(seconds=1)
        venue = create_venue()
        self.today = local(timezone.now()).date()
        open_daily(venue.timetable, today=self.today)
        self.room = create_priced_space(venue=venue)
        self.worker = Worker()

    def browser(self, who: User) -> Browser:
        client = Client()
        client.force_login(who)
        return Browser(self.port, client.cookies[settings.SESSION_COOKIE_NAME].value)

    def booking(self, number: int, who: User, **wish) -> Booking:
        day = self.today + timedelta(days=2 + number)
        times = hour("10:00", day=day), hour("11:00", day=day)
        return create_booking(self.room, *times, customer=who, now=timezone.now(), **wish)

    def begun(self, browser: Browser, booking: Booking) -> Payment:
        status, _where = browser.post("/payments/pay/", booking=booking.pk)
        assert status == 302
        return Payment.objects.filter(parts__booking=booking).latest("pk")

    def pay(self, payment: Payment, how: str = "card"):
        """Pay at Stripe, or hear that it is too late."""
        return self.sandbox.do("pay", session=payment.session_id, how=how)

    def pay_a_little_later(self, payment: Payment, number: int):
        """Pay while the others are under way: each round a little later, so that either may be first."""
        time.sleep(number * 0.005)
        return self.pay(payment)

    def cancel_and_work(self, booking: Booking) -> None:
        lifecycle.cancel(booking, by=booking.customer, now=timezone.now())
        self.worker.work()

    def paid(self, browser: Browser, booking: Booking) -> Payment:
        payment = self.begun(browser, booking)
        self.pay(payment)
        browser.get(f"/payments/{payment.pk}/done/")
        payment.refresh_from_db()
        assert payment.state == Payment.State.PAID
        return payment

    def all_agree(self) -> None:
        """Let events arrive and jobs run; then everybody has been charged what is owed."""
        for _round in range(3):
            self.sandbox.do("deliver")
            for payment in Payment.objects.open():
                tasks.look_at(payment_id=payment.pk)
            self.worker.work()
        assert disagreements(self.sandbox, since=self.began_at) == []


@few_and_many
def test_ten_clicks_at_once_lead_to_one_session(till, rounds):
    for number in range(rounds):
        aino = create_user("Aino")
        browser, booking = till.browser(aino), till.booking(number, aino)

        answers = at_once(*[partial(browser.post, "/payments/pay/", booking=booking.pk)] * TABS)

        assert {status for status, _where in answers} == {302}
        (address,) = {where for _status, where in answers}
        assert address.startswith(till.sandbox.base)
        (payment,) = Payment.objects.filter(parts__booking=booking)
        till.pay(payment)
        till.all_agree()
        assert Booking.objects.get(pk=booking.pk).status == Status.CONFIRMED
        assert kept_at_stripe(till.sandbox, payment) == PRICE
    assert len(till.sandbox.world.all("checkout.session")) == rounds


@few_and_many
def test_the_event_the_payer_and_the_job_at_once(till, rounds):
    for number in range(rounds):
        aino = create_user("Aino")
        browser, booking = till.browser(aino), till.booking(number, aino)
        payment = till.begun(browser, booking)
        till.pay(payment)

        answers = at_once(
            partial(till.sandbox.do, "deliver", order="shuffle", times=2),
            partial(till.sandbox.do, "deliver", order="reverse"),
            *[partial(browser.get, f"/payments/{payment.pk}/done/")] * 3,
            *[partial(tasks.look_at, payment_id=payment.pk)] * 2,
        )

        assert answers[2:5] == [302] * 3
        assert Booking.objects.get(pk=booking.pk).status == Status.CONFIRMED
        assert payment.entries.count() == payment.receipts.count() == 1
        till.all_agree()


@rounds
def test_leaving_races_paying(till, rounds):
    charged = 0
    for number in range(rounds):
        aino = create_user("Aino")
        browser, booking = till.browser(aino), till.booking(number, aino)
        payment = till.begun(browser, booking)

        left, _paid = at_once(
            partial(browser.post, f"/payments/{payment.pk}/leave/"),
            partial(till.pay_a_little_later, payment, number),
        )

        assert left[0] == 302
        till.all_agree()
        payment.refresh_from_db()
        is_paid = payment.state == Payment.State.PAID
        assert kept_at_stripe(till.sandbox, payment) == (PRICE if is_paid else 0)
        expected = Status.CONFIRMED if is_paid else Status.AWAITING_PAYMENT
        assert Booking.objects.get(pk=booking.pk).status == expected
        charged += is_paid
    print(f"\nPaid before they had left in {charged} of {rounds} rounds.")


@rounds
def test_cancelling_races_paying(till, rounds):
    refunded = 0
    for number in range(rounds):
        aino = create_user("Aino")
        browser, booking = till.browser(aino), till.booking(number, aino)
        payment = till.begun(browser, booking)

        _cancelled, _paid, back = at_once(
            partial(till.cancel_and_work, booking),
            partial(till.pay_a_little_later, payment, number),
            partial(browser.get, f"/payments/{payment.pk}/done/"),
        )

        assert back == 302
        till.all_agree()
        assert Booking.objects.get(pk=booking.pk).status == Status.CANCELLED
        assert kept_at_stripe(till.sandbox, payment) == 0
        refunded += Refund.objects.filter(payment=payment).count()
    print(f"\nSent back in {refunded} of {rounds} rounds.")


@rounds
def test_two_people_of_a_club_pay_for_one_booking(till, rounds):
    for number in range(rounds):
        mikael, vieno = create_user("Mikael"), create_user("Vieno")
        club = create_organisation(mikael, vieno, role="owner")
        browsers = [till.browser(mikael), till.browser(vieno)]
        booking = till.booking(number, mikael, organisation=club)

        answers = at_once(*[partial(who.post, "/payments/pay/", booking=booking.pk) for who in browsers * 3])
        assert {status for status, _where in answers} == {302}
        (payment,) = Payment.objects.filter(parts__booking=booking)
        at_once(*[partial(till.pay, payment)] * 2)

        till.all_agree()
        assert kept_at_stripe(till.sandbox, payment) == PRICE
        assert Booking.objects.get(pk=booking.pk).status == Status.CONFIRMED


@rounds
def test_a_refund_by_hand_and_its_event_race_cancelling(till, rounds):
    for number in range(rounds):
        aino = create_user("Aino")
        browser, booking = till.browser(aino), till.booking(number, aino)
        payment = till.paid(browser, booking)
        till.sandbox.do("deliver")
        till.sandbox.do("refund_by_hand", intent=payment.intent_id, amount=1000)

        at_once(
            partial(till.sandbox.do, "deliver", order="shuffle", times=2),
            partial(lifecycle.cancel, booking, by=aino, now=timezone.now()),
            till.worker.work,
        )

        till.all_agree()
        back = PRICE - kept_at_stripe(till.sandbox, payment)
        assert back == PRICE or payment.concerns.exists()
