"""What tests of managers' changes share: a closure of a day, and what became of bookings."""

from collections import Counter

from django.conf import settings
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings.changes import NewClosure
from bookings.closed_times import WishedClosure
from bookings.models import Booking, Closure, Hit, Impact, Occupancy
from tests.factories import NOW, hour
from venues.models import Opening, OpeningException, OpeningRule, Policy, SchoolPeriod, Space

DUE = NOW + settings.GRACE


def closing(*spaces: Space, start: str = "08:00", end: str = "20:00", **wish) -> NewClosure:
    wish = {"reason": {"reason_fi": "Remontti", "reason_sv": "Renovering"}} | wish
    return NewClosure(WishedClosure(spaces, hour(start), hour(end), **wish))


def status(booking: Booking) -> str:
    return Booking.objects.values_list("status", flat=True).get(pk=booking.pk)


def place(booking: Booking) -> tuple[Space, object, object]:
    date = Occupancy.objects.select_related("space").get(booking=booking)
    return date.space, date.starts_at, date.ends_at


def told() -> Counter:
    """Count what jobs will tell, by booking; only what follows from a change."""
    jobs = ProcrastinateJob.objects.filter(task_name="bookings.tasks.tell").values_list("args", flat=True)
    return Counter((job["booking_id"], job["what"]) for job in jobs if "hit_id" in job)


def everything() -> dict:
    """Return all rows that a change could touch."""
    models = (Booking, Closure, Hit, Impact, Occupancy, Opening, OpeningException, OpeningRule, Policy, Space)
    rows = {model: sorted(model.objects.values_list(), key=repr) for model in (*models, SchoolPeriod)}
    return rows | {"jobs": ProcrastinateJob.objects.count()}
