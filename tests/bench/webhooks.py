"""An event of Stripe's that confirms a booking, against an empty answer. Stripe's own time is left out."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from bookings import occupancies
from bookings.models import Booking, PriceLine, Status
from bookings.transactions import in_one_transaction
from payments import checkout, gateway
from payments.models import Payment
from payments.sandbox import Sandbox
from venues.models import Space

from .city import City
from .over_http import Caller, free_hours, serving, sign_in
from .timing import WARM_UP, Compared

CENTS = 2034


def measure(city: City, *, rounds: int, log: Path) -> list[Compared]:
    sandbox = Sandbox(port=settings.BENCH_SANDBOX_PORT).start()
    customer = User.objects.earliest("pk")
    took: dict[str, list[float]] = {"event": [], "stripe": [], "nothing": []}
    try:
        with serving(log) as http:
            caller = Caller(http, sign_in(customer).cookies[settings.SESSION_COOKIE_NAME].value)
            waiting = payments(city, customer)
            for number in range(WARM_UP + rounds):
                payment = next(waiting)
                sandbox.do("pay", session=payment.session_id)
                body, headers = sandbox.webhooks.take()[-1]
                spent = {
                    "event": timed(caller.ask, "POST", "/payments/stripe/", body.decode(), headers),
                    "stripe": timed(answer_of_stripe, payment),
                    "nothing": timed(caller.ask, "POST", "/nothing/", body.decode(), headers),
                }
                if Booking.objects.get(payment_parts__payment=payment).status != Status.CONFIRMED:
                    raise RuntimeError("An event that was heard has confirmed no booking.")
                if number >= WARM_UP:
                    for name, each in spent.items():
                        took[name].append(each)
    finally:
        sandbox.stop()
    ours = [event - stripe for event, stripe in zip(took["event"], took["stripe"], strict=True)]
    return [
        Compared("an event of Stripe's, against an empty answer", median(ours), median(took["nothing"]), 5)
    ]


def answer_of_stripe(payment: Payment) -> None:
    asked = {"expand": ["payment_intent"]}
    gateway.client().v1.checkout.sessions.retrieve(payment.session_id or "", asked)


def payments(city: City, customer: User) -> Iterator[Payment]:
    """Begin to pay for one booking after the other."""
    for wish in free_hours(city):
        yield checkout.start([unpaid(wish, customer)], payer=customer, now=timezone.now())


@in_one_transaction
def unpaid(wish: dict, customer: User) -> Booking:
    now, space = timezone.now(), Space.objects.get(pk=wish["space"])
    occupancies.lock_halls([space.hall_id])
    booking = Booking.objects.create(
        space=space,
        customer=customer,
        status=Status.AWAITING_PAYMENT,
        created_at=now,
        payment_due_at=now + timedelta(days=1),
    )
    start, end = (datetime.fromisoformat(wish[name]) for name in ("starts_at", "ends_at"))
    date = occupancies.claim(booking, space, start, end)
    PriceLine.objects.create(
        booking=booking,
        date=date,
        kind=PriceLine.Kind.TIME,
        text_fi="1 h",
        text_sv="1 h",
        text_en="1 h",
        net_cents=CENTS,
        vat_cents=0,
        gross_cents=CENTS,
        vat_percent=0,
        supplied_on=start.date(),
        made_at=now,
    )
    return booking


def timed(action: Callable[..., object], *args: object) -> float:
    began = perf_counter()
    action(*args)
    return (perf_counter() - began) * 1000
