"""Forms complain in plain words, ours before Django's."""

import pytest
from django import forms
from django.utils import translation


class Question(forms.Form):
    people = forms.IntegerField(max_value=25)
    name = forms.CharField(max_length=3)


@pytest.mark.parametrize(
    ("language", "too_many", "missing"),
    [
        ("fi", "Enintään 25.", "Täytä tämä kohta."),
        ("sv", "Högst 25.", "Fyll i den här punkten."),
        ("en", "Ensure this value is less than or equal to 25.", "This field is required."),
    ],
)
def test_a_form_complains_in_the_readers_language(language, too_many, missing):
    with translation.override(language):
        errors = Question({"people": "40"}).errors

        assert errors["people"] == [too_many]
        assert errors["name"] == [missing]


def test_a_text_that_is_too_long_hears_by_how_much():
    with translation.override("fi"):
        errors = Question({"people": "1", "name": "Aino"}).errors

        assert errors["name"] == ["Enintään 3 merkkiä. Nyt merkkejä on 4."]
