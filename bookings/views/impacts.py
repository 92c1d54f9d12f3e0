"""The impact preview: whose bookings a change would hit, and what shall become of them."""

from django.http import HttpResponse

from accounts.requests import SignedInRequest


def impact_preview(
    request: SignedInRequest,
    change,
    *,
    title: str,
    verb: str,
    said: str,
    back: str,
    then: str = "",
    reason: str = "",
) -> HttpResponse:
    """Make a change, after showing whose bookings it hits if it hits any.

    Call it from a view whose form was posted and is valid, and return what it returns:

    - Nothing is hit: the change is made, `said` is the message, and the answer leads to `then`.
    - Bookings are hit, and nobody has decided about them: the answer is the preview, with status 200 and
      nothing changed. It is posted to the same address with everything that was posted now, so that the view
      binds the same form again and calls this again. The view need not know which of the two it is.
    - The decision came along: `impacts.decide`, and the answer leads to `then` with a message that says what
      becomes of the bookings, and when.

        form = WeekForm(request.POST)
        if not form.is_valid():
            return show(request, form)
        try:
            return impact_preview(
                request,
                ChangedRules(timetable, form.rules, seen=form.cleaned_data["version"]),
                title=_("Opening hours of %(venue)s") % {"venue": venue.name},
                verb=_("Save the opening hours"),
                said=_("The opening hours have been saved."),
                back=reverse("bookings:hours", args=[timetable.pk]),
            )
        except Refused as refusal:
            return show(request, form, refusal)

    `title` says what is changed. `verb` begins the main button, which goes on "and cancel 12 bookings".
    `back` is the address to which one goes without saving, `then` the one after saving (as a rule the same).
    `reason` is what the customers would read, to begin with.

    Fields of the form must not be named "impact-…": such names are the preview's own. Raises `Refused` for
    the reasons for which the change itself is refused, such as `ChangedMeanwhile`.
    """
    raise NotImplementedError
