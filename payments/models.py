"""How money moves: payments, the ledger, refunds, and the documents that the law wants.

Money is integer cents. What is owed is said by `bookings.models.PriceLine`; here is what was asked for, paid
and returned. Nothing in the ledger is ever edited.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from bookings.models import Booking, PriceLine
from bookings.models.columns import stored
from venues.constraints import CompositeForeignKey

CURRENCY = "eur"


class PaymentQuerySet(models.QuerySet["Payment"]):
    def open(self):
        """Payments of which it is not known yet how they end."""
        return self.filter(is_open=True)


class Payment(models.Model):
    """One try to pay an amount: by card, one Checkout Session at Stripe; or one transfer from a bank.

    `idempotency_key` stays the same for as long as it is not known whether Stripe has made the session. The
    sums follow the ledger by a trigger, and the constraint holds for whoever writes.
    """

    class Method(models.TextChoices):
        CARD = "card", _("By card or online bank")
        TRANSFER = "transfer", _("By bank transfer")

    class State(models.TextChoices):
        STARTED = "started", _("Started")  # Stripe may not know of it yet
        OPEN = "open", _("Waiting for the payer")
        PROCESSING = "processing", _("On its way")  # a slow method: paid or failed some days later
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Not paid")

    # Who pays; for an organisation, whoever pressed the button.
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="payments"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="payments"
    )
    invoice = models.ForeignKey(
        "payments.Document", models.PROTECT, null=True, blank=True, related_name="payments"
    )
    method = models.CharField(max_length=10, choices=Method)
    # No max_length: columns behind generated ones cannot change type.
    state = models.TextField(choices=State, default=State.STARTED)
    # Whether it is not known yet how it ends.
    is_open = stored(Q(state__in=["started", "open", "processing"]), models.BooleanField())
    due_cents = models.PositiveIntegerField()
    paid_cents = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    refunded_cents = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField()
    # Until when the payer has time. Stripe wants at least half an hour.
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # --- Stripe's side ----------------------------------------------------------------------------
    idempotency_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    # Of Stripe, word for word: the same key wants the same question. Nobody's name or address is in it.
    asked = models.JSONField(default=dict, editable=False)
    session_id = models.CharField(max_length=100, null=True, blank=True, unique=True, editable=False)
    session_url = models.TextField(blank=True, editable=False)
    intent_id = models.CharField(max_length=100, null=True, blank=True, unique=True, editable=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="payment_refunded_paid_due",
                condition=Q(
                    refunded_cents__lte=F("paid_cents"), paid_cents__lte=F("due_cents"), due_cents__gt=0
                ),
                violation_error_code="sums_disagree",
                violation_error_message=_("Nobody pays more than is due, or gets back more than was paid."),
            ),
            models.CheckConstraint(
                name="payment_by_card_has_a_key",
                condition=Q(method="card", idempotency_key__isnull=False, expires_at__isnull=False)
                | Q(method="transfer", idempotency_key=None, session_id=None, intent_id=None),
            ),
            models.CheckConstraint(
                name="payment_open_has_a_session",
                condition=~Q(state__in=["open", "processing"]) | Q(session_id__isnull=False),
            ),
            models.CheckConstraint(
                name="payment_end_has_a_time",
                condition=Q(state__in=["started", "open", "processing"], ended_at=None)
                | Q(state__in=["paid", "failed", "expired"], ended_at__isnull=False),
            ),
            models.UniqueConstraint(name="payment_openness", fields=["id", "is_open"]),
            models.UniqueConstraint(
                name="invoice_is_paid_once_at_a_time", fields=["invoice"], condition=Q(is_open=True)
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="payment_still_open",
                condition=Q(is_open=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{_('Payment')} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("payments:payment", args=[self.pk])


class PaymentPart(models.Model):
    """How much of a payment is for which booking. A booking is paid by one payment at a time."""

    payment = models.ForeignKey(Payment, models.PROTECT, db_constraint=False, related_name="parts")
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="payment_parts")
    cents = models.PositiveIntegerField()
    # Follows the payment by a composite key, so that the database counts the open ones.
    payment_is_open = models.BooleanField(default=True, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="payment_part_once", fields=["payment", "booking"]),
            models.UniqueConstraint(
                name="booking_is_paid_once_at_a_time", fields=["booking"], condition=Q(payment_is_open=True)
            ),
            CompositeForeignKey(
                name="payment_part_follows_payment",
                fields=["payment", "payment_is_open"],
                to="payments.Payment",
                to_fields=["id", "is_open"],
            ),
            models.CheckConstraint(name="payment_part_is_something", condition=Q(cents__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.payment}: {self.booking}"


class Refund(models.Model):
    """Money that goes back: decided here first, then asked of Stripe until it is known how it ended."""

    class State(models.TextChoices):
        WANTED = "wanted", _("To be sent")
        PENDING = "pending", _("On its way")
        SUCCEEDED = "succeeded", _("Returned")
        FAILED = "failed", _("Failed")

    class Reason(models.TextChoices):
        LESS_OWED = "less_owed", _("Less is owed than was paid.")
        TOO_LATE = "too_late", _("The payment came when the time had gone to somebody else.")
        CANCELLED = "cancelled", _("The payment came after the booking was cancelled.")
        BY_HAND = "by_hand", _("The city has sent it back.")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    # What it is for; without one, for what was paid too late or twice.
    booking = models.ForeignKey(Booking, models.PROTECT, null=True, blank=True, related_name="refunds")
    cents = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WANTED)
    reason = models.CharField(max_length=10, choices=Reason)
    idempotency_key = models.UUIDField(unique=True, editable=False)
    stripe_id = models.CharField(max_length=100, null=True, blank=True, unique=True, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="refund_is_something", condition=Q(cents__gt=0)),
            models.CheckConstraint(
                name="refund_end_has_a_time",
                condition=Q(state__in=["wanted", "pending"], ended_at=None)
                | Q(state__in=["succeeded", "failed"], ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{_('Refund')} {self.pk}"


class Entry(models.Model):
    """One line of the ledger: money that came, or went. It is added, and never edited or deleted.

    What the payment's sums are follows from here, by a trigger: `paid` adds to what was paid; `refund` to
    what was refunded, at the moment it is decided; `refund_failed` takes that back.
    """

    class Kind(models.TextChoices):
        PAID = "paid", _("Paid")
        REFUND = "refund", _("Refund")
        REFUND_FAILED = "refund_failed", _("Refund failed")
        DISPUTE = "dispute", _("Disputed")  # the bank has taken it back for now
        DISPUTE_WON = "dispute_won", _("Dispute won")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="entries")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, blank=True, related_name="entries")
    kind = models.CharField(max_length=15, choices=Kind)
    cents = models.PositiveIntegerField()
    # Stripe's id of what it tells of, or the bank's archive id.
    external_id = models.CharField(max_length=100)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(name="entry_once", fields=["kind", "external_id"]),
            models.CheckConstraint(name="entry_is_something", condition=Q(cents__gt=0)),
            models.CheckConstraint(
                name="entry_of_a_refund",
                condition=Q(kind__in=["refund", "refund_failed"], refund__isnull=False)
                | Q(kind__in=["paid", "dispute", "dispute_won"], refund=None),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="entry_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="entry_adds_up",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                func="""
                    update payments_payment set
                        paid_cents = paid_cents + case new.kind when 'paid' then new.cents else 0 end,
                        refunded_cents = refunded_cents + case new.kind
                            when 'refund' then new.cents when 'refund_failed' then -new.cents else 0 end
                    where id = new.payment_id;
                    return null;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cents}"


class StripeEvent(models.Model):
    """An event of Stripe's that was received: with its effect, or nothing of it."""

    event_id = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=100)
    object_id = models.CharField(max_length=100, blank=True)
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=30)  # "reconciled", "not ours", "unknown", …

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class Concern(models.Model):
    """Money that a person has to look at: a failed refund, a dispute, a transfer that nobody knows."""

    class Kind(models.TextChoices):
        REFUND_FAILED = "refund_failed", _("A refund failed")
        DISPUTE = "dispute", _("A payment is disputed")
        UNMATCHED = "unmatched", _("A bank transfer without an invoice")
        TO_RETURN = "to_return", _("Money to be sent back by bank transfer")
        NOT_OURS = "not_ours", _("An amount or a currency that we did not ask for")

    kind = models.CharField(max_length=15, choices=Kind)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="concerns")
    external_id = models.CharField(max_length=100)
    cents = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # What was done about it.
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="concern_once", fields=["kind", "external_id"]),
            models.CheckConstraint(
                name="concern_answer_is_complete",
                condition=Q(handled_at=None, handled_by=None, answer="")
                | (Q(handled_at__isnull=False, handled_by__isnull=False) & ~Q(answer="")),
                violation_error_code="answer_missing",
                violation_error_message=_("Say what was done about it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.external_id}"


class Counter(models.Model):
    """The last number given to a kind of document. Locked while the next one is given: no gaps, no twins."""

    name = models.CharField(max_length=20, unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.last}"


class Document(models.Model):
    """An invoice, a credit note or a receipt: the city's legal document. Once issued, it stays as it is."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")
        RECEIPT = "receipt", _("Receipt")

    kind = models.CharField(max_length=15, choices=Kind)
    number = models.PositiveIntegerField()
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="documents"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="documents"
    )
    # Of a credit note: what it takes back of; of a receipt: what was paid.
    credits = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="credit_notes")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="receipts")
    # As they were when it was issued.
    seller = models.JSONField()
    buyer = models.JSONField()
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    issued_at = models.DateTimeField()
    issued_on = models.DateField()
    due_on = models.DateField(null=True, blank=True)
    # The Finnish reference number by which a bank transfer is known.
    reference = models.CharField(max_length=20, blank=True)
    net_cents = models.IntegerField()
    vat_cents = models.IntegerField()
    gross_cents = models.IntegerField()

    class Meta:
        ordering = ["kind", "number"]
        constraints = [
            models.UniqueConstraint(name="document_number_once", fields=["kind", "number"]),
            models.UniqueConstraint(
                name="document_reference_once", fields=["reference"], condition=~Q(reference="")
            ),
            models.CheckConstraint(
                name="document_adds_up", condition=Q(gross_cents=F("net_cents") + F("vat_cents"))
            ),
            models.CheckConstraint(
                name="document_is_for_one",
                condition=Q(organisation=None, person__isnull=False)
                | Q(organisation__isnull=False, person=None),
            ),
            models.CheckConstraint(
                name="document_invoice_can_be_paid",
                condition=~Q(kind="invoice")
                | (Q(due_on__isnull=False, gross_cents__gt=0) & ~Q(reference="")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="document_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("payments:document", args=[self.pk])


class DocumentLine(models.Model):
    """A line of what is owed, as it stands in a document. Each is billed once, by the key."""

    document = models.ForeignKey(Document, models.PROTECT, related_name="lines")
    price_line = models.OneToOneField(PriceLine, models.PROTECT, related_name="billed")

    class Meta:
        ordering = ["pk"]
        triggers = [
            pgtrigger.Protect(name="document_line_stays", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.price_line}"


class Reminder(models.Model):
    """A word that an invoice is past its due day."""

    invoice = models.ForeignKey(Document, models.PROTECT, related_name="reminders")
    number = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(name="reminder_once", fields=["invoice", "number"])]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.number}"
