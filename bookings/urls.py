"""Pages of booking: for everybody, and (`manager_urls`) for those who look after venues."""

from django.urls import include, path

from .views import booking, holds, mine, search, space

app_name = "bookings"
urlpatterns: list = [
    path("", search.search, name="search"),
    path("spaces/<int:pk>/", space.space, name="space"),
    path("spaces/<int:pk>/hold/", holds.hold, name="hold"),
    path("venues/<int:pk>/", space.venue, name="venue"),
    path("bookings/", mine.mine, name="mine"),
    path("bookings/<int:pk>/", booking.booking, name="booking"),
    path("bookings/<int:pk>/form/", booking.form, name="form"),
    path("bookings/<int:pk>/cancel/", mine.cancel, name="cancel"),
    path("bookings/<int:pk>/move/", mine.move, name="move"),
    path("", include("bookings.manager_urls")),
]
