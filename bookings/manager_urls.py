"""Pages of those who look after venues."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from .views import (
    closures,
    copying,
    days,
    hours,
    impacts,
    inbox,
    layout,
    messages,
    price_lists,
    price_rows,
    sanctions,
    school_terms,
    unmet,
    use,
    vat_rates,
    year,
)


class SanctionStep(StringConverter):
    regex = "|".join(sanctions.STEPS)


class UseStep(StringConverter):
    regex = "|".join(use.STEPS)


class PricePart(StringConverter):
    regex = "|".join(price_rows.KINDS)


class UpOrDown(StringConverter):
    regex = "|".join(price_rows.DIRECTIONS)


register_converter(PricePart, "price_part")
register_converter(UpOrDown, "up_or_down")
register_converter(SanctionStep, "sanction_step")
register_converter(UseStep, "use_step")

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/unpaid/", inbox.unpaid, name="unpaid"),
    path("inbox/<int:pk>/", inbox.one_request, name="request"),
    path("inbox/<int:pk>/approve/", inbox.approve, name="approve"),
    path("inbox/<int:pk>/decline/", inbox.decline, name="decline"),
    path("inbox/<int:pk>/reduce/", inbox.reduce, name="reduce"),
    path("inbox/<int:pk>/settle/", inbox.settle, name="settle"),
    path("inbox/<int:pk>/cancel/", inbox.cancel, name="cancel_by_venue"),
    path("manage/hours/<int:pk>/", hours.rules, name="hours"),
    path("manage/spaces/<int:pk>/rules/", hours.rules_of_space, name="space_hours"),
    path("manage/kinds/<slug:kind>/policy/", hours.policy_of_kind, name="kind_policy"),
    path("manage/hours/<int:pk>/days/", days.new_days, name="hours_new_days"),
    path("manage/hours/<int:pk>/days/<str:day>/", days.one_day, name="hours_day"),
    path("manage/hours/<int:pk>/days/<str:day>/forget/", days.forget_day, name="hours_forget_day"),
    path("manage/spaces/<int:pk>/own-hours/", hours.give_own, name="own_hours"),
    path("manage/spaces/<int:pk>/venue-hours/", hours.follow_venue, name="venue_hours"),
    path("manage/venues/<int:pk>/year/<int:year>/", year.show, name="year"),
    path("manage/venues/<int:pk>/copy/", copying.copy, name="copy"),
    path("manage/school-terms/", school_terms.index, name="school_terms"),
    path("manage/school-terms/new/", school_terms.new, name="new_school_term"),
    path("manage/school-terms/<int:pk>/", school_terms.edit, name="school_term"),
    path("manage/school-terms/<int:pk>/remove/", school_terms.remove, name="remove_school_term"),
    path("manage/unmet/", unmet.most_wanted, name="unmet"),
    path("manage/halls/<int:pk>/layout/", layout.show, name="layout"),
    path("manage/venues/<int:pk>/closures/", closures.of_venue, name="closures"),
    path("manage/venues/<int:pk>/closures/new/", closures.new, name="new_closure"),
    path("manage/closures/new/", closures.new_of_kind, name="new_closures_of_kind"),
    path("manage/closures/<int:pk>/lift/", closures.lift, name="lift_closure"),
    path("manage/venues/<int:pk>/changes/", impacts.of_venue, name="impacts"),
    path("manage/changes/", impacts.of_city, name="impacts_of_city"),
    path("manage/changes/<int:pk>/", impacts.one, name="impact"),
    path("manage/changes/<int:pk>/undo/", impacts.undo, name="undo_impact"),
    path("manage/changes/<int:pk>/spare/", impacts.spare, name="spare_bookings"),
    path("manage/messages/", messages.sent, name="messages"),
    path("manage/messages/texts/", messages.texts, name="message_texts"),
    path("manage/messages/texts/<slug:kind>/", messages.edit_text, name="message_text"),
    path("manage/messages/<int:pk>/", messages.one, name="message"),
    path("manage/messages/<int:pk>/again/", messages.send_again, name="send_message_again"),
    path("manage/prices/", price_lists.index, name="prices"),
    path("manage/prices/vat/", vat_rates.rates, name="vat_rates"),
    path("manage/prices/<int:pk>/", price_lists.version, name="price_version"),
    path("manage/prices/<int:pk>/copy/", price_lists.copy, name="copy_prices"),
    path("manage/prices/<int:pk>/facts/", price_lists.facts, name="price_facts"),
    path("manage/prices/<int:pk>/percent/", price_lists.change_by_percent, name="price_percent"),
    path("manage/prices/<int:pk>/trial/", price_lists.trial, name="price_trial"),
    path("manage/prices/<int:pk>/publish/", price_lists.publish, name="publish_prices"),
    path("manage/prices/<int:pk>/discard/", price_lists.discard, name="discard_prices"),
    path("manage/prices/<int:pk>/<price_part:kind>/new/", price_rows.edit, name="new_price_part"),
    path("manage/prices/<int:pk>/<price_part:kind>/<int:part>/", price_rows.edit, name="price_part"),
    path(
        "manage/prices/<int:pk>/<price_part:kind>/<int:part>/remove/",
        price_rows.remove,
        name="remove_price_part",
    ),
    path(
        "manage/prices/<int:pk>/<price_part:kind>/<int:part>/<up_or_down:direction>/",
        price_rows.move,
        name="move_price_part",
    ),
    path("manage/day/", use.day, name="day"),
    path("bookings/dates/<int:pk>/<use_step:what>/", use.step, name="use"),
    path("manage/sanctions/", sanctions.index, name="sanctions"),
    path("manage/bookings/<int:pk>/sanction/", sanctions.propose, name="propose_sanction"),
    path("sanctions/<int:pk>/", sanctions.sanction, name="sanction"),
    path("sanctions/<int:pk>/<sanction_step:what>/", sanctions.step, name="sanction_step"),
]
