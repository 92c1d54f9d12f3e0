"""Pages of those who look after venues."""

from django.urls import path

from .views import inbox

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/unpaid/", inbox.unpaid, name="unpaid"),
    path("inbox/<int:pk>/", inbox.one_request, name="request"),
    path("inbox/<int:pk>/approve/", inbox.approve, name="approve"),
    path("inbox/<int:pk>/decline/", inbox.decline, name="decline"),
    path("inbox/<int:pk>/settle/", inbox.settle, name="settle"),
    path("inbox/<int:pk>/cancel/", inbox.cancel, name="cancel_by_venue"),
]
