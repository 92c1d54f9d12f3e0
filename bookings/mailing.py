"""The post office: every message is kept as it was written, sent once, and tried again if that fails."""

from datetime import datetime
from smtplib import SMTPException

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User
from accounts.texts import text_of

from . import signals
from .models import Booking, Message, MessageText
from .transactions import in_one_transaction

MOST_TRIES = 8
LONGEST_SUBJECT, LONGEST_ERROR = 300, 500


@in_one_transaction
def keep(
    kind: str,
    template: str,
    context: dict,
    *,
    cause: str,
    email: str,
    language: str,
    to: User | None = None,
    booking: Booking | None = None,
    now: datetime,
) -> None:
    """Write a message; it is sent when the transaction is over. One `cause` is told to one address once.

    `template` names a pair of templates, "bookings/messages/received" say: `…_subject.txt` and `….txt`. The
    city's own words for this `kind` stand before what they say.
    """
    if Message.objects.filter(cause=cause, email=email).exists():
        return
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
        text = "\n\n".join(
            filter(None, [own_words(kind), render_to_string(f"{template}.txt", context).strip()])
        )
        html = render_to_string("bookings/messages/message.html", {"subject": subject, "text": text})
    written = {
        "kind": kind,
        "to": to,
        "language": language,
        "booking": booking,
        "subject": subject[:LONGEST_SUBJECT],
        "text": text + "\n",
        "html": html,
        "created_at": now,
    }
    message, is_new = Message.objects.get_or_create(cause=cause, email=email, defaults=written)
    if is_new:
        signals.message_kept.send(Message, message=message)


def own_words(kind: str) -> str:
    words = MessageText.objects.filter(kind=kind).first()
    return str(text_of(words, "text")).strip() if words else ""


def send(pk: int, *, is_last_try: bool, now: datetime) -> None:
    """Send a message, unless it has been sent. Raises what went wrong, after noting it down.

    Its row stays locked meanwhile: two workers with the same job send it once.
    """
    failure = try_to_send(pk, is_last_try=is_last_try, now=now)
    if failure:
        raise failure


@in_one_transaction
def try_to_send(pk: int, *, is_last_try: bool, now: datetime) -> Exception | None:
    message = Message.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)
    if message.state == Message.State.SENT:
        return None
    failure = None
    try:
        post(message)
    except (SMTPException, OSError) as exc:
        failure = exc
    message.tries += 1
    message.error = f"{type(failure).__name__}: {failure}"[:LONGEST_ERROR] if failure else ""
    message.sent_at = None if failure else now
    if not failure:
        message.state = Message.State.SENT
    else:
        message.state = Message.State.FAILED if is_last_try else Message.State.WAITING
    message.save(update_fields=["tries", "error", "sent_at", "state"])
    return failure


def post(message: Message) -> None:
    letter = EmailMultiAlternatives(message.subject, message.text, None, [message.email])
    letter.attach_alternative(message.html, "text/html")
    letter.send()


@in_one_transaction
def send_again(message: Message, *, now: datetime) -> None:
    """Try again to send what could not be sent."""
    failed = Message.objects.filter(pk=message.pk, state=Message.State.FAILED)
    if failed.update(state=Message.State.WAITING, tries=0):
        signals.message_kept.send(Message, message=message)
