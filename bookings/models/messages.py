"""What people were told: every message with its state, and the city's own words in them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .bookings import Booking


class Message(models.Model):
    """One message to one address. It is kept as it was sent."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Could not be sent")

    # What it tells: "confirmed", "offer", "invitation", …
    kind = models.CharField(max_length=30)
    # What it follows from: the same fact is told to the same address once.
    cause = models.CharField(max_length=120, editable=False)
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    email = models.EmailField()
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    booking = models.ForeignKey(Booking, models.SET_NULL, null=True, blank=True, related_name="messages")
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(editable=False)
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(name="message_once", fields=["cause", "email"]),
            models.CheckConstraint(
                name="message_sent_has_a_time",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="message_unsent", condition=~Q(state="sent")),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.email}"


class MessageText(models.Model):
    """The city's own words in one kind of message: they stand before what the product says itself."""

    kind = models.CharField(max_length=30, unique=True)
    text_fi = models.TextField(_("Text in Finnish"), max_length=2000, blank=True)
    text_sv = models.TextField(_("Text in Swedish"), max_length=2000, blank=True)
    text_en = models.TextField(_("Text in English"), max_length=2000, blank=True)

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.kind
