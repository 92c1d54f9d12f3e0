"""What is answered when a request could not be: a page for people, one JSON shape for programs."""

from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refuse(request, 400, "bad_request", _("The request could not be understood."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refuse(request, 403, "permission_denied", _("You do not have the right to do this."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refuse(request, 404, "not_found", _("There is nothing at this address."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, or came from elsewhere."""
    message = _("The page had been open too long, or your browser refuses cookies.")
    return refuse(request, 403, "csrf_failed", message, template="errors/csrf.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it is our fault, by means that need neither database nor base template."""
    if is_api(request):
        return problem(500, "server_error", _("Something went wrong on our side. It has been logged."))
    return HttpResponseServerError(render_to_string("errors/500.html"))


def refuse(
    request: HttpRequest, status: int, code: str, message: str, template: str | None = None
) -> HttpResponse:
    if is_api(request):
        return problem(status, code, message)
    return render(request, template or f"errors/{status}.html", {"message": message}, status=status)


def problem(status: int, code: str, message: str) -> JsonResponse:
    content = {"code": code, "message": message, "problems": []}
    return JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
