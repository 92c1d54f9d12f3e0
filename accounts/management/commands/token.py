from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rest_framework.authtoken.models import Token

from accounts.management.arguments import address
from accounts.models import User
from accounts.sign_up import new_account


class Command(BaseCommand):
    help = "Print a person's key to the API, making the account if there is none."

    def add_arguments(self, parser):
        parser.add_argument("email", type=address)

    def handle(self, *, email: str, **options):
        user = User.objects.filter(email=email).first() or new_account(email, settings.LANGUAGE_CODE)
        if user is None or not user.is_active:
            raise CommandError(
                f"The account of {email} is closed. Open it first: manage.py account {email} --open"
            )
        token, _ = Token.objects.get_or_create(user=user)
        self.stdout.write(token.key)
