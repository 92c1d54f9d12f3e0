from django.urls import include, path

from config import styleguide

urlpatterns = [
    path("", include("bookings.urls")),
    path("manage/", include("venues.urls")),
    path("payments/", include("payments.urls")),
    path("", include("accounts.urls")),
    path("api/v1/", include("config.api")),
    path("styleguide/", styleguide.show, name="styleguide"),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.forbidden"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
