"""Names and texts of places in three languages. Where one is missing, Finnish stands in and says so."""

from typing import NamedTuple

from django.utils.translation import get_language

LANGUAGES = ("fi", "sv", "en")


def in_all_languages(name: str) -> list[str]:
    """Return the columns that hold a text: `name_fi`, and its siblings."""
    return [f"{name}_{language}" for language in LANGUAGES]


class Text(NamedTuple):
    """A text and the language that it is really in."""

    text: str
    language: str

    def __str__(self) -> str:
        return self.text


def text_of(row, field: str) -> Text:
    """Return a row's text in the reader's language, or in Finnish, or in whichever there is.

    `field` is the name without its language: "name" reads `name_sv`, then `name_fi`, then `name_en`.
    """
    wanted = (get_language() or "fi")[:2]
    for language in dict.fromkeys((wanted, "fi", *LANGUAGES)):
        text = getattr(row, f"{field}_{language}", "")
        if text:
            return Text(text, language)
    return Text("", wanted)
