"""Every text of the product is there in Finnish, Swedish and English."""

import re
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo

from tests import catalogues

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
SAMPLES = {"styleguide.html", "summary_example.html"}  # the demo's, and full of invented bookings
TEMPLATES = sorted(
    path
    for app in catalogues.APPS
    for path in (catalogues.ROOT / app).rglob("templates/**/*")
    if path.suffix in {".html", ".txt"} and path.name not in SAMPLES
)
# Words that are the same everywhere: names, units, signs.
NAMES = {
    "Vuoro",
    "Aino",
    "Mikael",
    "Onni",
    "Suomeksi",
    "På",
    "svenska",
    "In",
    "English",
    "Helsinki",
    "h",
    "min",
    "km",
    "m²",
    "API",
}


def test_every_marked_string_is_translated():
    assert catalogues.untranslated() == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_translations_ask_for_nothing_that_the_code_does_not_give(language):
    broken = [
        (message.id, text)
        for message in catalogues.read(language)
        if message.id
        for source, text in pairs(message)
        if not set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDER.findall(source))
    ]

    assert broken == []


def pairs(message):
    if not message.pluralizable:
        return [(message.id, message.string)]
    return [(message.id[min(n, 1)], text) for n, text in enumerate(message.string)]


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_compiled_catalogue_is_what_the_text_says(language):
    path = catalogues.path_of(language)
    with path.with_suffix(".mo").open("rb") as file:
        compiled = texts(read_mo(file))

    assert compiled == texts(catalogues.read(language))


def texts(catalogue) -> dict:
    """Return what the catalogue says to each context and text; an untranslated one is not compiled."""
    return {
        (message.context, catalogues.key_of(message)): [text for _source, text in pairs(message)]
        for message in catalogue
        if message.id and catalogues.is_complete(message)
    }


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_speaks_without_a_translator(path: Path):
    text = path.read_text()
    for mark in (
        r"{%\s*comment.*?endcomment\s*%}",
        r"{#.*?#}",
        r"{%\s*blocktrans.*?endblocktrans(late)?\s*%}",
        r"<(script|style|svg)\b.*?</\1>",
        r"{%.*?%}",
        r"{{.*?}}",
        r"<[^>]*>",
        r"&\w+;",
    ):
        text = re.sub(mark, " ", text, flags=re.DOTALL)

    assert set(re.findall(r"[^\W\d_]{2,}", text)) - NAMES == set()
