"""Districts, venues and the people who look after them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from accounts.texts import Text, text_of

from .hours import Timetable


class District(models.Model):
    """A part of the city, with the role address of its neighbourhood liaison (stadiluotsi)."""

    number = models.CharField(_("Number"), max_length=3, unique=True)
    name_fi = models.CharField(_("Name in Finnish"), max_length=100)
    name_sv = models.CharField(_("Name in Swedish"), max_length=100, blank=True)
    name_en = models.CharField(_("Name in English"), max_length=100, blank=True)
    # An address of a role, never of a person.
    contact_email = models.EmailField(_("Neighbourhood liaison's e-mail"), blank=True)
    contact_phone = models.CharField(_("Neighbourhood liaison's phone"), max_length=40, blank=True)
    demo_facts = ArrayField(models.CharField(max_length=40), default=list, blank=True, editable=False)
    imported = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ["name_fi", "pk"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return text_of(self, "name")


class VenueQuerySet(models.QuerySet["Venue"]):
    def looked_after_by(self, user):
        """Venues that this person manages; all of them for the city's own staff."""
        if user.is_staff:
            return self
        return self.filter(roles__user=user, roles__role=VenueRole.Role.MANAGER)

    def where_works(self, user):
        """Venues at which this person has any role; all of them for the city's own staff."""
        return self if user.is_staff else self.filter(roles__user=user).distinct()


class Venue(models.Model):
    """A building or place with spaces to book: toimipiste."""

    class Kind(models.TextChoices):
        SCHOOL = "school", _("School")
        PLAYPARK = "playpark", _("Playpark")
        RESIDENT_HOUSE = "resident_house", _("Resident house")
        FAMILY_HOUSE = "family_house", _("Family house")
        YOUTH_HOUSE = "youth_house", _("Youth house")
        SERVICE_CENTRE = "service_centre", _("Service centre")
        LIBRARY = "library", _("Library")
        SPORTS_HALL = "sports_hall", _("Sports hall")
        CULTURE_HOUSE = "culture_house", _("Culture house")

    class PointQuality(models.TextChoices):
        EXACT = "exact", _("The place itself")
        APPROXIMATE = "approximate", _("Somewhere near")
        UNKNOWN = "unknown", _("Not known")

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(_("Kind"), max_length=20, choices=Kind)
    name_fi = models.CharField(_("Name in Finnish"), max_length=200)
    name_sv = models.CharField(_("Name in Swedish"), max_length=200, blank=True)
    name_en = models.CharField(_("Name in English"), max_length=200, blank=True)
    address_fi = models.CharField(_("Street address in Finnish"), max_length=200, blank=True)
    address_sv = models.CharField(_("Street address in Swedish"), max_length=200, blank=True)
    postcode = models.CharField(_("Postcode"), max_length=5, blank=True)
    city = models.CharField(_("City"), max_length=60, blank=True)
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="venues", verbose_name=_("District")
    )
    lat = models.FloatField(_("Latitude"), null=True, blank=True)
    lon = models.FloatField(_("Longitude"), null=True, blank=True)
    point_quality = models.CharField(
        _("How exact the point is"), max_length=20, choices=PointQuality, default=PointQuality.UNKNOWN
    )
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    website = models.URLField(_("Website"), max_length=300, blank=True)
    description_fi = models.TextField(_("Description in Finnish"), blank=True)
    description_sv = models.TextField(_("Description in Swedish"), blank=True)
    description_en = models.TextField(_("Description in English"), blank=True)
    timetable = models.OneToOneField(Timetable, models.PROTECT, related_name="venue", editable=False)
    # The school itself, say: what is open to "the venue itself" is open to this organisation.
    run_by = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="venues",
        verbose_name=_("The venue's own organisation"),
    )
    # Names of the facts that no source gives: they are made up for the demo, and the page says so.
    demo_facts = ArrayField(models.CharField(max_length=40), default=list, blank=True, editable=False)
    # What the last import said, to tell a person's edit from an older file's word.
    imported = models.JSONField(default=dict, editable=False)
    source = models.CharField(_("Source of the facts"), max_length=300, blank=True)

    objects = VenueQuerySet.as_manager()

    class Meta:
        ordering = ["name_fi", "pk"]
        constraints = [
            models.CheckConstraint(
                name="venue_point_and_its_quality_agree",
                condition=Q(lat=None, lon=None, point_quality="unknown")
                | (Q(lat__isnull=False, lon__isnull=False) & ~Q(point_quality="unknown")),
                violation_error_code="point_incomplete",
                violation_error_message=_(
                    "Give latitude, longitude and how exact they are, or none of them."
                ),
            ),
            models.CheckConstraint(
                name="venue_point_on_earth",
                condition=Q(lat=None) | Q(lat__range=(-90, 90), lon__range=(-180, 180)),
                violation_error_code="point_impossible",
                violation_error_message=_("Latitude is from -90 to 90, longitude from -180 to 180."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return text_of(self, "name")

    @property
    def address(self) -> Text:
        return text_of(self, "address")

    @property
    def description(self) -> Text:
        return text_of(self, "description")

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude, exact or not."""
        return (self.lat, self.lon) if self.lat is not None and self.lon is not None else None

    @property
    def has_exact_point(self) -> bool:
        return self.point_quality == self.PointQuality.EXACT


class VenueRole(models.Model):
    """Who does what at a venue."""

    class Role(models.TextChoices):
        MANAGER = "manager", _("Venue manager")
        CARETAKER = "caretaker", _("Caretaker")

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="venue_roles")
    role = models.CharField(_("Role"), max_length=20, choices=Role)

    class Meta:
        ordering = ["role", "user__email"]
        constraints = [models.UniqueConstraint(name="venue_role_once", fields=["venue", "user", "role"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
