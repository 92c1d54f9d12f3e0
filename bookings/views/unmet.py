"""What people looked for in vain: for the city, to see where it lacks rooms."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from venues import wording
from venues.clock import local
from venues.models import District, Purpose, Venue
from venues.views.editing import staff_only

from .. import unmet

LOOK_BACK = timedelta(days=90)


@require_GET
@staff_only
@login_required
def most_wanted(request: SignedInRequest) -> HttpResponse:
    since = local(timezone.now()).date() - LOOK_BACK
    rows = unmet.most_wanted(since=since)
    districts, purposes = District.objects.in_bulk(), Purpose.objects.in_bulk()
    context = {
        "since": since,
        "rows": [
            row
            | {
                "district": districts.get(row["district"]),
                "purpose": purposes.get(row["purpose"]),
                "kind": Venue.Kind(row["kind"]).label if row["kind"] else "",
                "weekday": WEEKDAYS[row["weekday"] - 1] if row["weekday"] else "",
                "length": wording.duration(timedelta(minutes=row["minutes"])) if row["minutes"] else "",
            }
            for row in rows
        ],
    }
    return render(request, "bookings/manager/unmet.html", context)
