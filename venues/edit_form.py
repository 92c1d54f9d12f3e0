"""A form for one row: nothing that somebody else saved meanwhile is overwritten unseen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.texts import in_all_languages
from accounts.versions import version_of


@dataclass(frozen=True)
class Section:
    """Fields that belong together, under a heading."""

    title: str | Promise
    fields: Sequence[BoundField]
    hint: str | Promise = ""


class EditForm(forms.ModelForm):
    """Edit a row, or make a new one.

    If somebody else saved the row while it was open, the form is not valid: `differences` says what is stored
    and what was written, and saving once more saves over it. Needs the row locked when it is bound to data.
    """

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    # At which field the sentence of a constraint is shown, by its code.
    shown_at: Mapping[str, str] = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.differences: list[tuple[str, str, str]] = []
        self.initial["version"] = self.stored_version

    @property
    def edited(self) -> list[str]:
        """The names of the row's own fields that the form edits."""
        return [name for name in self._meta.fields or [] if name in self.fields]

    @property
    def stored_version(self) -> str:
        return version_of({name: plain(self.initial.get(name)) for name in self.edited})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk and cleaned.get("version") != self.stored_version:
            self.differences = list(self.compare())
            assert isinstance(self.data, QueryDict)
            data = self.data.copy()
            data["version"] = self.stored_version
            self.data = data
            raise ValidationError(
                _("Somebody else saved this while you had it open. Nothing of yours has been saved yet."),
                code="changed_meanwhile",
            )
        return cleaned

    def compare(self) -> Iterator[tuple[str, str, str]]:
        """Return (label, what is stored, what was written) wherever the two differ."""
        for name in self.edited:
            if name in self.changed_data:
                field = self[name]
                yield str(field.label), in_words(field, field.initial), in_words(field, field.data)

    def add_error(self, field: str | None, error: Any) -> None:
        """Show the sentence of a constraint at the field that it is about."""
        if field is None and hasattr(error, "error_dict"):
            by_field = error.error_dict
            for sentence in by_field.pop(NON_FIELD_ERRORS, []):
                by_field.setdefault(self.shown_at.get(sentence.code, NON_FIELD_ERRORS), []).append(sentence)
        super().add_error(field, error)

    def save(self, commit: bool = True):
        """Save what the form edits, and nothing else. What a person says is not made up any more."""
        row = self.instance
        if hasattr(row, "demo_facts"):
            row.demo_facts = [fact for fact in row.demo_facts if not self.is_told(fact)]
        if row.pk:
            many = {field.name for field in row._meta.many_to_many}
            also = ["demo_facts"] if hasattr(row, "demo_facts") else []
            row.save(update_fields=[name for name in self.edited if name not in many] + also)
        else:
            row.save()
        super().save(commit=False)
        self.save_m2m()
        return row

    def is_told(self, fact: str) -> bool:
        return not {fact, *in_all_languages(fact)}.isdisjoint(self.changed_data)


def plain(value: Any) -> Any:
    """Return a form's initial value as something that two people's forms have in common."""
    return sorted(getattr(row, "pk", row) for row in value) if isinstance(value, list) else value


def in_words(field: BoundField, value: Any) -> str:
    """Tell a value, stored or written, as the form's reader knows it."""
    choices = getattr(field.field, "choices", None) or getattr(field.field.widget, "choices", None)
    if choices:
        labels = {str(key): str(label) for key, label in choices}
        chosen = value if isinstance(value, list) else [shown_as(field, value)]
        words = [labels.get(str(getattr(one, "pk", one)), "") for one in chosen]
        return ", ".join(filter(None, words)) or "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(field.field.prepare_value(value) or "–")


def shown_as(field: BoundField, value: Any) -> Any:
    """A choice of yes, no and not known has words of its own for what is stored."""
    widget = field.field.widget
    return widget.format_value(value) if isinstance(widget, forms.NullBooleanSelect) else value
