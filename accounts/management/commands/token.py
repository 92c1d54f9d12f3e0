from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from rest_framework.authtoken.models import Token

from accounts.models import User
from accounts.sign_up import new_account


class Command(BaseCommand):
    help = "Print a person's key to the API, making the account if there is none."

    def add_arguments(self, parser):
        parser.add_argument("email")

    def handle(self, *, email: str, **options):
        email = email.strip().lower()
        try:
            User._meta.get_field("email").clean(email, None)
        except ValidationError as exc:
            raise CommandError(
                f"{email!r} is not an e-mail address. Write one like nimi@example.org."
            ) from exc
        user = User.objects.filter(email=email).first() or new_account(email, settings.LANGUAGE_CODE)
        if user is None or not user.is_active:
            raise CommandError(f"The account of {email} is closed. Open it at /admin/ first.")
        token, _ = Token.objects.get_or_create(user=user)
        self.stdout.write(token.key)
