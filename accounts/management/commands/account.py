from argparse import BooleanOptionalAction

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.management.arguments import address
from accounts.models import User
from accounts.sign_up import new_account


class Command(BaseCommand):
    help = "Make somebody city staff, close an account or open it again, and tell how it stands."

    def add_arguments(self, parser):
        parser.add_argument("email", type=address)
        parser.add_argument(
            "--staff",
            dest="is_staff",
            action=BooleanOptionalAction,
            help="city staff, who look after every venue; the account is made if there is none",
        )
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--open", dest="is_active", action="store_true", default=None)
        state.add_argument("--close", dest="is_active", action="store_false", default=None)

    def handle(self, *, email: str, is_staff: bool | None, is_active: bool | None, **options):
        user = User.objects.filter(email=email).first()
        if user is None and is_staff:
            user = new_account(email, settings.LANGUAGE_CODE)
        if user is None:
            raise CommandError(f"Nobody has an account as {email}. To make one for city staff, add --staff.")
        wanted = {"is_staff": is_staff, "is_active": is_active}
        changes = {name: value for name, value in wanted.items() if value is not None}
        for name, value in changes.items():
            setattr(user, name, value)
        user.save(update_fields=changes)
        self.stdout.write(
            f"{email}: {'open' if user.is_active else 'closed'}, "
            f"{'city staff' if user.is_staff else 'not city staff'}"
        )
