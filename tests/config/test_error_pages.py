"""Error pages: what happened and what to do, in three languages, and as JSON below /api/."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from config import urls, views

pytestmark = pytest.mark.django_db
handler400, handler403, handler404, handler500 = (
    urls.handler400, urls.handler403, urls.handler404, urls.handler500,
)  # fmt: skip


def failing(exception):
    def view(request):
        raise exception

    return view


def submit(request):
    return HttpResponse("received")


FAILING = [
    ("400", failing(SuspiciousOperation("odd"))),
    ("403", failing(PermissionDenied("no"))),
    ("500", failing(RuntimeError("a bug"))),
    ("form", submit),
]
urlpatterns = urls.urlpatterns + [
    path(f"{prefix}fails/{name}", view) for prefix in ("", "api/") for name, view in FAILING
]

HEADINGS = {
    "fi": {
        "400": "Pyyntöä ei ymmärretty",
        "403": "Sinulla ei ole pääsyä tälle sivulle",
        "404": "Sivua ei löytynyt",
        "500": "Jokin meni vikaan",
    },
    "sv": {
        "400": "Begäran kunde inte tolkas",
        "403": "Du har inte tillgång till den här sidan",
        "404": "Sidan hittades inte",
        "500": "Något gick fel",
    },
    "en": {
        "400": "The request was not understood",
        "403": "This page is not yours to see",
        "404": "Page not found",
        "500": "Something went wrong",
    },
}
CODES = {"400": "bad_request", "403": "permission_denied", "404": "not_found", "500": "server_error"}


@pytest.fixture
def visitor(settings):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.parametrize("language", HEADINGS)
@pytest.mark.parametrize("status", CODES)
def test_a_page_says_what_happened_in_the_readers_language(visitor, status, language):
    response = visitor.get(f"/fails/{status}", headers={"accept-language": language})

    assert response.status_code == int(status)
    assert f"<h1>{HEADINGS[language][status]}</h1>" in response.content.decode()
    assert f'<html lang="{language}">' in response.content.decode()


@pytest.mark.parametrize(("status", "code"), CODES.items())
def test_programs_get_json(visitor, status, code):
    response = visitor.get(f"/api/fails/{status}")

    assert response.status_code == int(status)
    assert response.json().keys() == {"code", "message", "problems"}
    assert response.json()["code"] == code


def test_a_form_from_elsewhere_is_refused_with_advice(visitor):
    page = visitor.post("/fails/form", headers={"accept-language": "fi"})
    answer = visitor.post("/api/fails/form")

    assert page.status_code == answer.status_code == 403
    assert "Lomaketta ei voitu lähettää" in page.content.decode()
    assert answer.json()["code"] == "csrf_failed"


def test_a_host_that_is_not_ours_gets_the_400_page(visitor):
    response = visitor.get("/", headers={"host": "evil.example.com", "accept-language": "en"})

    assert response.status_code == 400
    assert "The request was not understood" in response.content.decode()
    assert "evil.example.com" not in response.content.decode()


def test_the_500_page_needs_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert views.server_error(RequestFactory().get("/")).status_code == 500
