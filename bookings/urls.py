"""Pages of booking: for everybody, and (`manager_urls`) for those who look after venues."""

from django.urls import include, path

app_name = "bookings"
urlpatterns: list = [
    path("", include("bookings.manager_urls")),
]
