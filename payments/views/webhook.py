"""Where Stripe tells us what happened. Nobody is signed in here: the signature says who speaks."""

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .. import gateway, webhooks

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Hear an event. An answer other than 200 makes Stripe tell it again later."""
    try:
        event = webhooks.understand(request.body, request.headers.get("Stripe-Signature", ""))
    except webhooks.NotGenuine:
        return HttpResponse(status=400)
    try:
        outcome = webhooks.hear(event, now=timezone.now())
    except gateway.Unreachable:
        return HttpResponse(status=503)
    logger.info("Event %s (%s): %s.", event.id, event.type, outcome)
    return HttpResponse(status=200)
