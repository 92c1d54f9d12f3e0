"""The translation catalogues: what the code says, merged with what translators said.

`python -m tests.catalogues` extracts every marked string from code and templates, keeps the translations
and compiles. It needs no GNU gettext: Django turns a template into marked code, Babel reads marked code.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ["accounts", "bookings", "calendars", "config", "payments", "venues"]
LANGUAGES = ["fi", "sv", "en"]
SOURCE_LANGUAGE = "en"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "gettext_noop": None,
}
UNCHANGING = datetime(2026, 1, 1, tzinfo=UTC)  # a catalogue changes when a text does, not when it is made
HEADER = "# Vuoro's texts. Made by `make messages`; write the translations only.\n"


def path_of(language: str) -> Path:
    return ROOT / "config" / "locale" / language / "LC_MESSAGES" / "django.po"


def sources() -> Iterator[tuple[str, str]]:
    """Yield (relative path, Python source with marked strings) of all code and templates."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*")):
            name = str(path.relative_to(ROOT))
            if path.suffix == ".py" and "migrations" not in path.parts:
                yield name, path.read_text()
            elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
                yield name, flat(templatize(path.read_text(), origin=name))


def flat(code: str) -> str:
    """Take away the template's indentation, which means nothing there and everything in Python."""
    return "\n".join(line.lstrip() for line in code.splitlines())


def extracted() -> Catalog:
    """Return every marked string of the product with the places where it stands."""
    found = Catalog(charset="utf-8")
    for name, text in sources():
        for _line, function, texts, _comments in extract_python(
            io.BytesIO(text.encode()), list(KEYWORDS), [], {"encoding": "utf-8"}
        ):
            add(found, KEYWORDS[function], texts, name)
    return found


def add(found: Catalog, spec, texts, name: str) -> None:
    texts = (texts,) if isinstance(texts, str) else texts
    context = None
    if spec and isinstance(spec[0], tuple):
        context, texts = texts[0], texts[1:]
        plural = len(spec) > 2
    else:
        plural = bool(spec) and len(spec) > 1
    msgid = tuple(texts[:2]) if plural else texts[0]
    if msgid and all(msgid if plural else [msgid]):
        found.add(msgid, context=context, locations=[(name, 0)])


def read(language: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def merged(language: str, template: Catalog, given: dict) -> Catalog:
    """Return the language's catalogue with exactly the template's strings, and what is known of each."""
    known = read(language)
    fresh = Catalog(
        locale=language,
        charset="utf-8",
        project="Vuoro",
        version="1",
        fuzzy=False,
        header_comment=HEADER.strip(),
    )
    fresh.revision_date = fresh.creation_date = UNCHANGING
    for message in template:
        if message.id:
            fresh.add(
                message.id,
                translation(message, language, known, given),
                context=message.context,
                locations=sorted(set(message.locations)),
                flags=message.flags,
            )
    return fresh


def translation(message: Message, language: str, known: Catalog, given: dict):
    key = message.id[0] if message.pluralizable else message.id
    if language == SOURCE_LANGUAGE:
        return message.id
    if language in given.get(key, {}):
        text = given[key][language]
        return tuple(text) if message.pluralizable else text
    old = known.get(key, context=message.context)
    return old.string if old else ""


def update(given: dict | None = None) -> None:
    """Bring all catalogues up to date with the code, and compile them."""
    template = extracted()
    for language in LANGUAGES:
        fresh = merged(language, template, given or {})
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, fresh, width=100, sort_output=True, omit_header=False, include_lineno=False)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, fresh)


def untranslated() -> list[str]:
    """Name every string of the code that some catalogue does not translate."""
    return [
        f"{language}: {message.id!r}"
        for language in LANGUAGES
        for known in [read(language)]
        for message in extracted()
        if message.id and not is_complete(known.get(key_of(message), context=message.context))
    ]


def key_of(message: Message) -> str:
    return message.id[0] if message.pluralizable else message.id


def is_complete(message: Message | None) -> bool:
    if message is None or not message.string:
        return False
    return all(message.string) if message.pluralizable else True


if __name__ == "__main__":
    update()
    print("\n".join(untranslated()) or "Every string is translated.")
