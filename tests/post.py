"""The post: what jobs would write and send, done here and now."""

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings import mailing, messages, tasks
from bookings.models import Booking, Message
from tests.factories import NOW

TELLING = [
    "tell",
    "tell_of_dates",
    "tell_of_series",
    "tell_of_offer",
    "tell_of_waiting",
    "tell_of_sanction",
    "tell_of_swap",
    "invite",
]


def deliver(**which) -> None:
    """Write and send what waits to be told, in the order in which it happened: all, or some of the jobs."""
    names = [f"bookings.tasks.{name}" for name in TELLING]
    for job in ProcrastinateJob.objects.filter(task_name__in=names, **which).order_by("pk"):
        getattr(tasks, job.task_name.rsplit(".", 1)[1])(**job.args)
    send_all()


def send_all() -> None:
    for message in Message.objects.filter(state=Message.State.WAITING).order_by("pk"):
        mailing.send(message.pk, is_last_try=False, now=timezone.now())


def tell(booking: Booking, what: str, **because) -> None:
    """Tell people at once what became of a booking."""
    messages.tell(booking, what, **{"cause": f"{what} {booking.pk}", "now": NOW} | because)
    send_all()
