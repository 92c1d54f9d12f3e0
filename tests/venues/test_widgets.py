from datetime import date

from django.utils import translation

from venues.widgets import DayInput


def shown(value) -> str:
    with translation.override("fi"):
        return DayInput().render("day", value, {"id": "id_day"})


def test_a_date_field_speaks_the_browsers_own_language_and_tells_the_weekday():
    html = shown(date(2026, 11, 28))

    assert 'type="date"' in html
    assert 'value="2026-11-28"' in html
    assert ">lauantai</output>" in html


def test_a_date_that_was_sent_back_still_has_its_weekday():
    assert ">lauantai</output>" in shown("2026-11-28")


def test_nonsense_has_no_weekday_and_does_not_break_the_form():
    assert "></output>" in shown("32.13.2026")
    assert "></output>" in shown(None)
