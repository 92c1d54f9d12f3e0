"""The style guide: every component once, with its states and with long Finnish names. Demo only.

Examples are real model instances that are never saved, so that a component that asks too much of its data
breaks here first.
"""

from datetime import date, datetime, time, timedelta
from math import ceil

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.problems import Problem
from accounts.texts import Text
from bookings.models import Booking, Status
from bookings.week_grid import Column, Grid, Stretch, lay_out
from venues import clock, wording
from venues.fields import footprint
from venues.models import Space, Venue
from venues.widgets import DayInput

PARTS = [
    ("text", _("Text")),
    ("buttons", _("Buttons")),
    ("chips", _("Chips")),
    ("time-chips", _("Time chips")),
    ("status", _("Status word")),
    ("notifications", _("Notifications")),
    ("problems", _("Problems")),
    ("forms", _("Forms")),
    ("facts", _("Facts")),
    ("tabs", _("Tabs")),
    ("table", _("Table")),
    ("hall-plan", _("Hall plan")),
    ("week-grid", _("Week grid")),
    ("search", _("Search")),
    ("empty", _("Nothing found")),
    ("pages", _("Pages of a long list")),
    ("bookings", _("My bookings")),
    ("inbox", _("Requests")),
    ("timeline", _("What happened")),
    ("day", _("Day sheet")),
]
MONDAY = date(2026, 11, 23)
SATURDAY = date(2026, 11, 28)
DISTRICTS = [
    {"name": "Herttoniemi", "lat": 60.1996, "lon": 25.0402},
    {"name": "Kulosaari", "lat": 60.1869, "lon": 25.0061},
    {"name": "Vallila", "lat": 60.1946, "lon": 24.9577},
    {"name": "Kumpula", "lat": 60.2085, "lon": 24.9650},
    {"name": "Viikki", "lat": 60.2256, "lon": 25.0190},
    {"name": "Roihuvuori", "lat": 60.1968, "lon": 25.0560},
    {"name": "Pohjois-Haaga", "lat": 60.2290, "lon": 24.8830},
]


class ExampleForm(forms.Form):
    """One field of every kind that our forms have."""

    group = forms.CharField(label="Ryhmän tai yhdistyksen nimi")
    day = forms.DateField(label="Päivä", widget=DayInput)
    attendees = forms.IntegerField(
        label="Henkilömäärä", min_value=1, max_value=25, help_text="Tilaan mahtuu enintään 25 henkilöä."
    )
    purpose = forms.ChoiceField(
        label="Käyttötarkoitus",
        choices=[("", "Valitse"), ("meeting", "Kokous"), ("party", "Syntymäpäiväjuhlat")],
    )
    who = forms.ChoiceField(
        label="Kenelle varaat?",
        choices=[("me", "Minulle itselleni"), ("club", "Herttoniemen asukasyhdistys ry")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="Viesti toimipisteelle", widget=forms.Textarea, required=False)
    accepts = forms.BooleanField(
        label="Olen lukenut käyttöehdot ja siivoan tilan jälkeeni.",
        help_text="Ehdot avautuvat samalla sivulla.",
    )


class ExampleSearch(forms.Form):
    """The search bar: how many questions fit in one line."""

    what = forms.ChoiceField(label="Mitä?", choices=[("", "Mikä tahansa tila"), ("gym", "Liikuntasali")])
    where = forms.CharField(label="Missä?", initial="Herttoniemi")
    when = forms.DateField(label="Milloin?", initial=SATURDAY, widget=DayInput)
    from_clock = forms.TimeField(label="Klo", widget=forms.TimeInput(attrs={"type": "time"}), initial="10:00")
    length = forms.ChoiceField(label="Kuinka kauan?", choices=[("120", "2 h"), ("180", "3 h")])
    people = forms.IntegerField(label="Henkilöitä", initial=20)


def show(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    shows_map = request.GET.get("view") == "map"
    wrong = ExampleForm(
        {"day": "2026-11-28", "attendees": "40", "who": "club", "note": "Tuomme oman kahvin."}
    )
    return render(
        request,
        "styleguide.html",
        {
            "statuses": [Booking(status=status) for status in Status.values],
            "times": [at(10, 13), at(13, 16), at(16, 19)],
            "midnight": at(22, 26),
            "length": timedelta(minutes=90),
            "form": ExampleForm(initial={"day": SATURDAY, "attendees": 20, "who": "me"}),
            "wrong": wrong,
            "search": ExampleSearch(),
            "results": results(),
            "districts": DISTRICTS,
            "view": "map" if shows_map else "list",
            "problems": [Problem("time_taken", "La 28.11. 10.00–13.00 on jo varattu.")],
            "halls": halls(),
            "piece_names": {0: "A", 1: "B", 2: "C"},
            "week": week(),
            "decision": decision(),
            "page": Paginator(range(344), 20).get_page(request.GET.get("page", 3)),
            "saturday": SATURDAY,
            "parts": PARTS,
            "crumbs": [{"label": "Haku", "url": "/"}],
            "name_in_finnish": Text("Leikkipuisto Hilleri", "fi"),
            "tabs": [
                {"label": "Tulevat", "url": "#tabs", "is_current": True, "count": 3},
                {"label": "Menneet", "url": "#tabs"},
                {"label": "Perutut", "url": "#tabs"},
            ],
            "views": [
                {"label": "Lista", "url": "?view=list#search", "is_current": not shows_map},
                {"label": "Kartta", "url": "?view=map#search", "is_current": shows_map},
            ],
        },
    )


def at(begins: float, ends: float, day: date = SATURDAY) -> Stretch:
    """A free stretch between two hours of a day; 26 is two o'clock in the night after it."""
    return stretch("free", begins, ends, day)


def stretch(kind: str, begins: float, ends: float, day: date, label: str = "") -> Stretch:
    return Stretch(kind, instant(begins, day), instant(ends, day), label)


def instant(hours: float, day: date) -> datetime:
    days, hours = divmod(hours, 24)
    return clock.at(day + timedelta(days=int(days)), time(int(hours), int(hours % 1 * 60)))


def results() -> list[dict]:
    """Three results: one near, one with the longest name we have, one whose point is only roughly known."""
    hilleri = Venue(name_fi="Leikkipuisto Hilleri", lat=60.20965, lon=25.044352, point_quality="exact")
    school = Venue(
        name_fi="Pohjois-Haagan yhteiskoulun ja Kannelmäen peruskoulun yhteinen liikuntasali",
        lat=60.1975,
        lon=25.028,
        point_quality="exact",
    )
    house = Venue(name_fi="Kumpulan kylätila", lat=60.209, lon=24.967, point_quality="approximate")
    return [
        {
            "space": Space(pk=1, venue=hilleri, name_fi="Kerhohuone"),
            "facts": ["25 hlö", "keittiö", "esteetön"],
            "price": "20,34 €/h",
            "metres": 1230,
            "times": [at(10, 13), at(13, 16), at(16, 19)],
            "more": 4,
        },
        {
            "space": Space(pk=2, venue=school, name_fi="Väestönsuojan kuntosaliharjoitteluhuone"),
            "facts": ["120 hlö", "äänentoistolaitteisto", "esteettömyyttä ei ole arvioitu"],
            "price": "18,70 €/h",
            "metres": 640,
            "times": [at(9, 12)],
            "more": 0,
        },
        {
            "space": Space(pk=3, venue=house, name_fi="Monitoimitila"),
            "facts": ["40 hlö", "sijainti suuntaa antava"],
            "price": "Maksuton",
            "metres": None,
            "times": [at(12, 15), at(17, 20)],
            "more": 11,
        },
    ]


def halls() -> list[Space]:
    hall = footprint({0, 1, 2})
    return [
        Space(name_fi="Liikuntasali", footprint=hall),
        Space(name_fi="Lohko A", footprint=footprint({0}), hall_footprint=hall),
        Space(name_fi="Lohkot A ja C", footprint=footprint({0, 2}), hall_footprint=hall),
    ]


def week() -> Grid:
    """A week in which something of everything happens."""
    taken: dict[int, list[tuple[float, float]]] = {
        0: [(17, 18.5)],
        1: [(16, 17), (18, 21)],
        3: [(17.75, 20)],
        5: [(10, 13)],
    }
    evenings = [day_column(number, "Koulun käytössä", 16, taken.get(number, [])) for number in range(5)]
    saturday = day_column(5, "Kiinni", 9, taken[5])
    sunday = day_column(6, "Itsenäisyyspäivän juhlat", 21, [])
    return lay_out([*evenings, saturday, sunday], first_hour=8, last_hour=21)


def day_column(number: int, closed: str, opens: int, taken: list[tuple[float, float]]) -> Column:
    """A day that is closed until `opens`, then free by the hour until nine, but for what is taken."""
    day = MONDAY + timedelta(days=number)
    stretches = [stretch("closed", 8, opens, day, closed)]
    hours = opens
    for begins, ends in [*taken, (21, 21)]:
        stretches += [at(hour, hour + 1, day) for hour in range(hours, int(begins))]
        if ends > begins:
            stretches.append(stretch("busy", begins, ends, day, "Varattu"))
        hours = ceil(ends)
    return Column(wording.short_day(day), day, stretches, is_today=number == 1)


def decision() -> Grid:
    """What a request would block: the spaces of a hall side by side on one evening."""
    evening = [at(16, 18), stretch("wish", 18, 19.5, SATURDAY, "Tämä pyyntö"), at(19.5, 20)]
    taken = stretch("busy", 20, 22, SATURDAY, "HIFK-salibandy")
    blocked = stretch("busy", 18, 19.5, SATURDAY, "Ei vapaa")
    gymnasts = stretch("busy", 17, 18, SATURDAY, "Naisvoimistelijat")
    columns = [
        Column("Koko sali", SATURDAY, [at(16, 17), gymnasts, blocked, at(19.5, 20), taken]),
        Column("Lohko A", SATURDAY, [*evening, taken]),
        Column("Lohko B", SATURDAY, [at(16, 17), gymnasts, at(18, 20), taken]),
    ]
    return lay_out(columns, first_hour=16, last_hour=22)
