"""What people write about their organisations."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from . import business_id as business_ids
from .memberships import FOUNDED_BY_ANYBODY
from .models import Membership
from .problems import Refused

Role = Membership.Role


class BusinessIdField(forms.CharField):
    """A business id however it is written: with spaces, without its hyphen, an older one of six digits."""

    def __init__(self, **options: Any):
        check = business_ids.validate_business_id
        super().__init__(label=_("Business ID"), max_length=30, validators=[check], **options)

    def to_python(self, value: Any) -> str:
        return business_ids.tidy(super().to_python(value) or "")


class Refusable(forms.Form):
    """A form whose rule may refuse what is written in it."""

    def add_problems(self, refusal: Refused) -> None:
        """Show each problem at the field that it is about."""
        for problem in refusal.problems:
            field = problem.field if problem.field in self.fields else None
            self.add_error(field, forms.ValidationError(str(problem.message), problem.code))


class FoundForm(Refusable):
    name = forms.CharField(
        label=_("Name"), max_length=200, widget=forms.TextInput({"autocomplete": "organization"})
    )
    kind = forms.ChoiceField(
        label=_("Kind of organisation"),
        choices=[(kind.value, kind.label) for kind in FOUNDED_BY_ANYBODY],
        widget=forms.RadioSelect,
    )
    business_id = BusinessIdField(
        required=False,
        help_text=_("Every company has one. Leave it empty if your association or club has none."),
    )


class InviteForm(Refusable):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput({"autocomplete": "off"}))
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[
            (Role.BOOKER.value, _("Books and cancels")),
            (Role.VIEWER.value, _("Sees the bookings only")),
            (Role.OWNER.value, _("Owns: books, and decides who belongs to it")),
        ],
        initial=Role.BOOKER.value,
        widget=forms.RadioSelect,
    )


class LeaveForm(Refusable):
    """Whoever is the last owner says who owns it after them."""

    successor = forms.TypedChoiceField(label=_("Who is the owner after you?"), coerce=int)

    def __init__(self, *args: Any, successors: list[Membership], **kwargs: Any):
        super().__init__(*args, **kwargs)
        successor = self.fields["successor"]
        assert isinstance(successor, forms.ChoiceField)
        successor.choices = [("", _("Choose")), *((each.user_id, str(each.user)) for each in successors)]
        if not successors:
            del self.fields["successor"]
