"""Pages on which venues are looked after. Those that have consequences for bookings are in `bookings`."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from .views import lists, organisations, places, spaces, terms_of_use


class ListConverter(StringConverter):
    regex = "|".join(lists.LISTS)


register_converter(ListConverter, "list")

app_name = "venues"
urlpatterns = [
    path("", places.mine, name="mine"),
    path("venues/new/", places.new_venue, name="new_venue"),
    path("venues/<int:pk>/", places.venue, name="venue"),
    path("venues/<int:pk>/edit/", places.edit_venue, name="edit_venue"),
    path("venues/<int:pk>/people/", places.people, name="people"),
    path("venues/<int:pk>/people/<int:role_pk>/take/", places.take_role, name="take_role"),
    path("venues/<int:pk>/spaces/new/", spaces.new_hall, name="new_hall"),
    path("spaces/<int:pk>/", spaces.edit_space, name="edit_space"),
    path("spaces/<int:pk>/parts/new/", spaces.new_part, name="new_part"),
    path("terms-of-use/", terms_of_use.index, name="terms_of_use"),
    path("terms-of-use/new/", terms_of_use.new, name="new_terms_of_use"),
    path("terms-of-use/<int:pk>/", terms_of_use.edit, name="edit_terms_of_use"),
    path("organisations/", organisations.index, name="organisations"),
    path("organisations/<int:pk>/merge/", organisations.merge, name="merge_organisations"),
    path("<list:which>/", lists.index, name="list"),
    path("<list:which>/new/", lists.new, name="list_new"),
    path("<list:which>/<int:pk>/", lists.edit, name="list_edit"),
]
