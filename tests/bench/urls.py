"""The product's addresses, and two that do nothing but know who asks: what every answer costs at least."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204 if request.user.is_authenticated else 403)


def empty(request: HttpRequest) -> HttpResponse:
    """A page as every page is, with nothing on it."""
    return render(request, "base.html")


urlpatterns = [*urlpatterns, path("nothing/", nothing), path("empty/", empty)]
