from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Wiring: gives the base templates, static files, catalogues and operator commands."""

    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  # registers itself
