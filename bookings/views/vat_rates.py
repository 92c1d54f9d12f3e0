"""The rates of VAT: a new one is added from a day on; what has been said stays."""

from itertools import groupby
from operator import attrgetter

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest
from venues.models import VatRate
from venues.price_words import percent
from venues.views.editing import edits, posted, show, staff_only

from ..price_list_forms import RateForm


@staff_only
@edits
def rates(request: SignedInRequest) -> HttpResponse:
    form = RateForm(posted(request), instance=VatRate())
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The rate has been added."))
        return redirect("bookings:vat_rates")
    known = VatRate.objects.select_related("category").order_by(
        "category__name_fi", "category", "-valid_from"
    )
    categories = [
        (category, [(rate, percent(rate.percent)) for rate in each])
        for category, each in groupby(known, attrgetter("category"))
    ]
    return show(request, "bookings/manager/prices/vat_rates.html", form, categories=categories)
