"""Pages of booking: for everybody, and (`manager_urls`) for those who look after venues."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from .views import (
    booking,
    dates,
    holds,
    mine,
    moving,
    search,
    season,
    season_changes,
    series,
    space,
    swaps,
    waiting,
)


class SwapAnswer(StringConverter):
    regex = "|".join(swaps.ANSWERS)


register_converter(SwapAnswer, "swap_answer")

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
    path("bookings/<int:pk>/move/", moving.move, name="move"),
    path("bookings/dates/<int:pk>/release/", dates.release, name="release_date"),
    path("bookings/dates/<int:pk>/take-again/", dates.take_again, name="take_date_again"),
    path("bookings/dates/<int:pk>/move/", moving.move_date, name="move_date"),
    path("series/new/", season.new, name="new_series"),
    path("series/", series.mine, name="my_series"),
    path("series/<int:pk>/", series.one, name="series"),
    path("series/<int:pk>/booked/", series.booked, name="series_booked"),
    path("series/<int:pk>/change/", season_changes.change, name="change_series"),
    path("series/<int:pk>/texts/", season_changes.texts, name="series_texts"),
    path("series/<int:pk>/release/", series.release, name="release_series"),
    path("series/<int:pk>/take/", series.take, name="take_missed"),
    path("swaps/", swaps.index, name="swaps"),
    path("swaps/<int:pk>/<swap_answer:how>/", swaps.answer, name="answer_swap"),
    path("bookings/dates/<int:pk>/swap/", swaps.propose, name="propose_swap"),
    path("waiting/", waiting.mine, name="waiting"),
    path("waiting/new/", waiting.new, name="wait"),
    path("waiting/<int:pk>/give-up/", waiting.give_up, name="give_up"),
    path("offers/<slug:token>/", waiting.offer, name="offer"),
    path("offers/<slug:token>/decline/", waiting.decline, name="decline_offer"),
    path("", include("bookings.manager_urls")),
]
