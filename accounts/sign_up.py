"""How an account begins: somebody asks for a sign-in code to a new address, and uses it.

Until then it is only a promise: an account whose address is not verified, forgotten after a day.
"""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from .models import User


def new_account(email: str, language: str) -> User | None:
    """Make an account for an address that has none. One that was closed stays closed: then nothing."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, language=language)
            EmailAddress.objects.create(user=user, email=user.email, primary=True)
    except IntegrityError:
        return User.objects.filter(email=email.lower(), is_active=True).first()
    return user


def forget_unused(*, before: datetime) -> int:
    """Delete the accounts asked for before then in which nobody ever signed in. Returns how many.

    City staff are appointed, and may take their time.
    """
    promises = EmailAddress.objects.filter(
        verified=False, user__last_login=None, user__date_joined__lt=before, user__is_staff=False
    )
    unused = [promise.user_id for promise in promises.select_related("user") if has_nothing(promise.user)]
    User.objects.filter(pk__in=unused).delete()
    return len(unused)


def has_nothing(user: User) -> bool:
    """Whether nothing of anybody's refers to this account: no role, no token, no booking."""
    relations = [
        relation
        for relation in User._meta.related_objects
        if relation.related_model != EmailAddress and not relation.related_model._meta.proxy
    ]
    return not any(
        relation.related_model._base_manager.filter(**{relation.field.name: user}).exists()
        for relation in relations
    )
