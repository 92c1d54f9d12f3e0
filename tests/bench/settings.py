"""Settings of the bench: those of a production server, with an empty view beside the product's pages."""

import os

from config import environment
from tests.config.demo import free_port

os.environ.pop("DEMO", None)
if "BENCH_DATABASE" not in os.environ:  # set for the web server that the bench starts
    os.environ["STATE_DIR"] = str(environment.state_dir() / "bench")
os.environ |= {
    "SECRET_KEY": "a-key-for-measuring-that-guards-nothing-but-is-long-enough",
    "SITE_URL": "http://127.0.0.1",
    "ALLOWED_HOSTS": "127.0.0.1",
    "DEFAULT_FROM_EMAIL": "varaukset@example.org",
}

from config.settings import *  # noqa: F403  # settings are modules of names
from config.settings import DATABASES, STORAGES

DATABASES["default"]["NAME"] = os.environ.get("BENCH_DATABASE", DATABASES["default"]["NAME"])
# The sandbox that answers instead of Stripe runs in the bench's own process.
BENCH_SANDBOX_PORT = int(os.environ.setdefault("BENCH_SANDBOX_PORT", str(free_port())))
STRIPE_API_BASE = f"http://127.0.0.1:{BENCH_SANDBOX_PORT}"
STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET = "sk_test_sandbox", "whsec_sandbox"
ROOT_URLCONF = "tests.bench.urls"
STORAGES |= {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
