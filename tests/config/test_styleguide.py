"""The style guide shows every component, to people who build pages and to nobody else."""

import re

import pytest
from django.test import override_settings

pytestmark = pytest.mark.django_db


@override_settings(DEMO=True)
def test_the_demo_shows_every_component(client):
    answer = client.get("/styleguide/")

    assert answer.status_code == 200
    for status in ["held", "requested", "awaiting_payment", "confirmed", "declined", "cancelled", "expired"]:
        assert f"#status-{status}" in answer.text


@override_settings(DEMO=False)
def test_elsewhere_there_is_no_style_guide(client):
    assert client.get("/styleguide/").status_code == 404


@override_settings(DEMO=True)
def test_no_page_needs_a_style_or_script_of_its_own_inline(client):
    """The content security policy would refuse them."""
    html = client.get("/styleguide/").text

    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", html)
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", html) == []


@override_settings(DEMO=True)
@pytest.mark.parametrize(("language", "word"), [("fi", "Kirjaudu"), ("sv", "Logga in"), ("en", "Sign in")])
def test_the_language_is_switched_without_script(client, language, word):
    answer = client.post("/i18n/setlang/", {"language": language, "next": "/styleguide/"}, follow=True)

    assert f'<html lang="{language}">' in answer.text
    assert word in answer.text


@override_settings(DEMO=True)
def test_every_problem_of_a_form_is_named_first_and_links_to_its_field(client):
    html = client.get("/styleguide/", headers={"accept-language": "fi"}).text

    assert 'href="#id_group"' in html
    assert 'id="id_group_error"' in html
    assert re.search(r'<input[^>]*name="group"[^>]*aria-describedby="id_group_error"', html)
