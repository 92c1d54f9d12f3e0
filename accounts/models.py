from datetime import date

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **facts) -> "User":
        """Make an account. Without a password people sign in by a code sent to their e-mail."""
        user = self.model(email=email.strip().lower(), **facts)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts) -> "User":
        return self.create_user(email, password, **facts | {"is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The e-mail address, in small letters, is who they are to us."""

    email = models.EmailField(_("E-mail"), unique=True)
    name = models.CharField(_("Name"), max_length=120, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    language = models.CharField(
        _("Language"), max_length=2, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    # By their own word. Asked only where a space's policy needs to know.
    is_resident = models.BooleanField(_("I live in this city"), default=False)
    born_on = models.DateField(_("Date of birth"), null=True, blank=True)
    is_staff = models.BooleanField(_("City staff"), default=False)
    is_active = models.BooleanField(_("Active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_email_in_small_letters",
                condition=models.Q(email=Lower(F("email"))),
                violation_error_code="email_not_lower_case",
                violation_error_message=_("Write the e-mail address in small letters."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Organisation(models.Model):
    """An association, a club, a company or a unit of the city, for which people book."""

    class Kind(models.TextChoices):
        ASSOCIATION = "association", _("Association")
        CLUB = "club", _("Sports club")
        COMPANY = "company", _("Company")
        CITY = "city", _("Unit of the city")

    name = models.CharField(_("Name"), max_length=200)
    kind = models.CharField(_("Kind"), max_length=20, choices=Kind)
    # The share of members under 18, verified by the city's staff, and until when that holds.
    minors_percent = models.PositiveSmallIntegerField(_("Members under 18, per cent"), null=True, blank=True)
    minors_verified_until = models.DateField(_("Verified until"), null=True, blank=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="organisations"
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="organisation_minors_are_a_share",
                condition=models.Q(minors_percent=None) | models.Q(minors_percent__lte=100),
                violation_error_code="not_a_share",
                violation_error_message=_("A share is at most 100 per cent."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_association(self) -> bool:
        """An association of any kind: a sports club is one."""
        return self.kind in {self.Kind.ASSOCIATION, self.Kind.CLUB}

    def is_for_minors(self, day: date) -> bool:
        """Whether so many of its members are under 18, as verified for the day, that it counts as theirs."""
        return (
            self.minors_percent is not None
            and self.minors_percent >= settings.MINORS_PERCENT
            and self.minors_verified_until is not None
            and self.minors_verified_until >= day
        )


class Membership(models.Model):
    """What a person may do for an organisation."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        BOOKER = "booker", _("Booker")
        VIEWER = "viewer", _("Sees only")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(_("Role"), max_length=20, choices=Role, default=Role.BOOKER)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="membership_once", fields=["user", "organisation"]),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.organisation}"
