"""Settings of the tests: those of a production server, but for static files and where the data is."""

import os

from config import environment

os.environ.pop("DEMO", None)
os.environ |= {
    "SECRET_KEY": "a-key-for-tests-that-guards-nothing-but-is-long-enough",
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "DEFAULT_FROM_EMAIL": "varaukset@example.org",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # the browser's driver runs an event loop in the test's thread
}
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["STATE_DIR"] = str(environment.state_dir() / "test")

from config.settings import *  # noqa: F403  # settings are modules of names
from config.settings import STORAGES

# Spares tests the hashed names that only `collectstatic` knows.
STORAGES |= {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
