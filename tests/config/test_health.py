"""/healthz and the log: what load balancers and operators rely on."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder


@pytest.mark.django_db
def test_healthy_when_the_database_answers_and_is_up_to_date(client):
    response = client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert not response.cookies


@pytest.mark.django_db
def test_load_balancers_may_ask_by_any_name(client):
    assert client.get("/healthz", headers={"host": "10.20.30.40"}).status_code == 200
    assert client.get("/", headers={"host": "10.20.30.40"}).status_code == 400


@pytest.mark.django_db
def test_unhealthy_while_a_migration_is_missing(client):
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json()["reason"] == "1 migrations are not applied."


def test_unhealthy_without_a_database(client, monkeypatch):
    def no_answer():
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", no_answer)

    response = client.get("/healthz")

    assert (response.status_code, response.json()["reason"]) == (503, "The database does not answer.")
