from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from bookings import invariants, messages

        from . import mails, promises, receivers  # noqa: F401  receivers connect themselves

        messages.KINDS |= mails.KINDS
        invariants.PROMISES += promises.PROMISES
        invariants.APPS += ["payments"]
