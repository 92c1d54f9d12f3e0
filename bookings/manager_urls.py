"""Pages of those who look after venues."""

from django.urls import path

from .views import hours, inbox, layout, unmet

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/unpaid/", inbox.unpaid, name="unpaid"),
    path("inbox/<int:pk>/", inbox.one_request, name="request"),
    path("inbox/<int:pk>/approve/", inbox.approve, name="approve"),
    path("inbox/<int:pk>/decline/", inbox.decline, name="decline"),
    path("inbox/<int:pk>/settle/", inbox.settle, name="settle"),
    path("inbox/<int:pk>/cancel/", inbox.cancel, name="cancel_by_venue"),
    path("manage/hours/<int:pk>/", hours.week, name="hours"),
    path("manage/hours/<int:pk>/days/", hours.new_days, name="hours_new_days"),
    path("manage/hours/<int:pk>/days/<str:day>/", hours.one_day, name="hours_day"),
    path("manage/hours/<int:pk>/days/<str:day>/forget/", hours.forget_day, name="hours_forget_day"),
    path("manage/spaces/<int:pk>/own-hours/", hours.give_own, name="own_hours"),
    path("manage/spaces/<int:pk>/venue-hours/", hours.follow_venue, name="venue_hours"),
    path("manage/unmet/", unmet.most_wanted, name="unmet"),
    path("manage/halls/<int:pk>/layout/", layout.show, name="layout"),
]
