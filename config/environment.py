"""Readers of environment variables. Each stops the start with a sentence that says what to set."""

import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
HIGHEST_PORT = 65535


def env(name: str, default: str | None = None) -> str:
    """Read a setting; one without a default must be set to something."""
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment; see docs/operate.md.")
    return value


def env_int(name: str, default: int, *, at_least: int = 0, at_most: int | None = None) -> int:
    limits = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
    text = env(name, str(default))
    value = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else at_least - 1
    if value < at_least or (at_most is not None and value > at_most):
        raise ImproperlyConfigured(f"{name} is {text!r}. Set it to a whole number {limits}.")
    return value


def env_choice(name: str, default: str, *, of: tuple[str, ...]) -> str:
    value = env(name, default)
    if value not in of:
        raise ImproperlyConfigured(f"{name} is {value!r}. Set it to one of: {', '.join(of)}.")
    return value


def env_bool(name: str, default: bool) -> bool:
    value = env(name, "1" if default else "0")
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} is {value!r}. Set it to 1 or 0.")
    return value == "1"


def env_list(name: str, default: str | None = None) -> list[str]:
    """Read a list separated by commas, without its empty places; it must name something."""
    values = [part.strip() for part in env(name, default).split(",") if part.strip()]
    if not values:
        raise ImproperlyConfigured(f"{name} names nothing. Set it to one or more values separated by commas.")
    return values


def env_origin(name: str, default: str | None = None) -> str:
    """Read a web address without a path, such as https://varaukset.example.org."""
    value = env(name, default)
    try:
        address = urlsplit(value)
        is_origin = address.scheme in {"http", "https"} and bool(address.hostname)
        is_origin = is_origin and address.port != 0 and not address.path.strip("/")
    except ValueError:
        is_origin = False
    if not is_origin or address.query or address.fragment or address.username:
        raise ImproperlyConfigured(
            f"{name} is {value!r}. Set it to an address like https://varaukset.example.org."
        )
    return value.rstrip("/")


def env_time_zone(name: str, default: str) -> str:
    value = env(name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ImproperlyConfigured(
            f"{name} is {value!r}, an unknown time zone. Set it to a name like Europe/Helsinki."
        ) from exc
    return value


def env_area(name: str, default: str) -> tuple[float, float, float, float]:
    """Read the edges of an area in degrees: south, west, north, east."""
    value = env(name, default)
    try:
        south, west, north, east = (float(edge) for edge in value.split(","))
        is_area = -90 <= south < north <= 90 and -180 <= west < east <= 180
    except ValueError:
        is_area = False
    if not is_area:
        raise ImproperlyConfigured(
            f"{name} is {value!r}. "
            "Set it to south, west, north and east in degrees, like 59.9,24.78,60.31,25.27."
        )
    return south, west, north, east


def env_rate(name: str, default: str) -> str:
    """Read how many requests a caller may make in what time, such as 1200/min."""
    value = env(name, default)
    if not re.fullmatch(r"[1-9][0-9]{0,8}/(sec|min|hour|day)", value):
        raise ImproperlyConfigured(
            f"{name} is {value!r}. Set it to a rate like 1200/min (sec, min, hour, day)."
        )
    return value


def tile_url(name: str) -> str:
    """Read the address of map tiles, with {z}, {x} and {y} in it; may be empty."""
    value = env(name, "")
    if value and not (value.startswith("https://") and all(part in value for part in ("{z}", "{x}", "{y}"))):
        raise ImproperlyConfigured(
            f"{name} is {value!r}. Set it to an address like https://tiles.example.org/{{z}}/{{x}}/{{y}}.png."
        )
    return value


def stripe_base(name: str, *, key: str, demo: bool) -> str:
    """Read where a sandbox answers instead of Stripe; empty, and Stripe itself is meant.

    A sandbox is for the demo: one that took a city's real payments would lose them.
    """
    if not env(name, ""):
        return ""
    if not demo:
        raise ImproperlyConfigured(f"{name} is for the demo only. Take it away: Stripe itself is meant.")
    if "_live_" in key:
        raise ImproperlyConfigured(f"{name} is set beside a live key, which no sandbox sees. Use a test key.")
    return env_origin(name)


def origin_of(url: str) -> str:
    return "/".join(url.split("/")[:3])


def state_dir() -> Path:
    """Return where this installation keeps what it writes itself."""
    return Path(env("STATE_DIR", str(BASE_DIR / ".state"))).expanduser().resolve()


def database_url() -> str:
    """Return the address of the PostgreSQL server to use; empty for the embedded one."""
    return env("DATABASE_URL", "")


def port() -> int:
    """Return where the web server listens."""
    return env_int("PORT", 8000, at_least=1, at_most=HIGHEST_PORT)


def demo_secret(folder: Path) -> str:
    """Return the demo's secret key, made once and kept where only its owner reads it."""
    path = folder / "secret_key"
    try:
        if not path.exists():
            make_secret(path)
        return path.read_text()
    except OSError as exc:
        raise ImproperlyConfigured(
            f"{path} cannot be used ({exc.strerror}). Set STATE_DIR to a folder of your own."
        ) from exc


def make_secret(path: Path) -> None:
    """Write a key whole, or leave the one that another process just wrote."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent)
    with open(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    with suppress(FileExistsError):
        os.link(fresh, path)
    os.unlink(fresh)
