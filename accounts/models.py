from datetime import date

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .business_id import validate_business_id
from .texts import Text, text_of


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


class PriceGroup(models.Model):
    """Who pays by which column of a price list. The city's staff says which organisation belongs to it."""

    code = models.SlugField(_("Code"), max_length=40, unique=True)
    name_fi = models.CharField(_("Name in Finnish"), max_length=100)
    name_sv = models.CharField(_("Name in Swedish"), max_length=100, blank=True)
    name_en = models.CharField(_("Name in English"), max_length=100, blank=True)

    class Meta:
        ordering = ["name_fi", "pk"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return text_of(self, "name")


BUSINESS_ID_TAKEN = _("An organisation with this business ID is here already. Ask its owner to invite you.")
INVITED_ALREADY = _("This address has been invited already.")


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def active(self):
        """Organisations that have neither ended nor become a part of another."""
        return self.filter(closed_at=None)

    def without_owner(self):
        """Active organisations that nobody who can sign in owns."""
        owners = Membership.objects.filter(role=Membership.Role.OWNER, user__is_active=True)
        return self.active().exclude(memberships__in=owners)

    def visible_to(self, user):
        """Those to which they belong; the city's staff sees all."""
        if user.is_staff:
            return self
        return self.filter(memberships__user=user)

    def bookable_by(self, user):
        """Active organisations for which this person may book."""
        return self.active().filter(memberships__user=user, memberships__role__in=Membership.MAY_BOOK)


class Organisation(models.Model):
    """An association, a club, a company or a unit of the city, for which people book.

    `accounts.memberships` alone writes who belongs to it; `closed_at` and `merged_into` say how it ended.
    """

    class Kind(models.TextChoices):
        ASSOCIATION = "association", _("Association")
        CLUB = "club", _("Sports club")
        COMPANY = "company", _("Company")
        CITY = "city", _("Unit of the city")

    name = models.CharField(_("Name"), max_length=200)
    kind = models.CharField(_("Kind"), max_length=20, choices=Kind)
    business_id = models.CharField(
        _("Business ID"), max_length=9, blank=True, validators=[validate_business_id]
    )
    # What the city's staff has verified, and until when that holds.
    price_group = models.ForeignKey(
        PriceGroup,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="organisations",
        verbose_name=_("Price group"),
    )
    price_group_verified_until = models.DateField(_("Price group verified until"), null=True, blank=True)
    # The share of members under 18, verified by the city's staff, and until when that holds.
    minors_percent = models.PositiveSmallIntegerField(_("Members under 18, per cent"), null=True, blank=True)
    minors_verified_until = models.DateField(_("Verified until"), null=True, blank=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="organisations"
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="organisation_business_id_once",
                fields=["business_id"],
                condition=~models.Q(business_id="") & models.Q(closed_at=None),
                violation_error_code="business_id_taken",
                violation_error_message=BUSINESS_ID_TAKEN,
            ),
            models.CheckConstraint(
                name="organisation_merged_is_closed",
                condition=models.Q(merged_into=None)
                | (models.Q(closed_at__isnull=False) & ~models.Q(merged_into=F("id"))),
            ),
            models.CheckConstraint(
                name="organisation_minors_are_a_share",
                condition=models.Q(minors_percent=None) | models.Q(minors_percent__lte=100),
                violation_error_code="not_a_share",
                violation_error_message=_("A share is at most 100 per cent."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("organisation", args=[self.pk])

    def price_group_on(self, day: date) -> PriceGroup | None:
        """Return the price group that has been verified for the day, if one has. Needs it loaded."""
        is_verified = self.price_group_verified_until is not None and self.price_group_verified_until >= day
        return self.price_group if is_verified else None

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

    MAY_BOOK = (Role.OWNER, Role.BOOKER)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(_("Role"), max_length=20, choices=Role, default=Role.BOOKER)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="membership_once", fields=["user", "organisation"]),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.organisation}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now):
        """Invitations that can still be accepted."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """An owner's word that whoever reads mail at this address may join: the link in it has the token."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("E-mail"))
    role = models.CharField(_("Role"), max_length=20, choices=Membership.Role, default=Membership.Role.BOOKER)
    language = models.CharField(
        _("Language"), max_length=2, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    token = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="invitation_email_in_small_letters",
                condition=models.Q(email=Lower(F("email"))),
            ),
            models.UniqueConstraint(
                name="invitation_once_at_a_time",
                fields=["organisation", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                violation_error_code="invited_already",
                violation_error_message=INVITED_ALREADY,
            ),
            models.CheckConstraint(
                name="invitation_acceptance_is_complete",
                condition=models.Q(accepted_at=None, accepted_by=None)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False, withdrawn_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.email}"

    def get_absolute_url(self) -> str:
        return reverse("invitation", args=[self.token])
