"""How gunicorn serves Vuoro: `gunicorn --config config/gunicorn.py config.wsgi`."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
try:
    bind = f"{environment.env('BIND', '127.0.0.1')}:{environment.port()}"
    workers = environment.env_int("WEB_WORKERS", 2, at_least=1)
    threads = environment.env_int("WEB_THREADS", 8, at_least=1)
    logconfig_dict = settings.LOGGING
except ImproperlyConfigured as exc:
    sys.exit(f"Vuoro cannot start: {exc}")

worker_class = "gthread"
timeout = 30
graceful_timeout = 10
keepalive = 75  # longer than proxies keep an idle connection, so that none is closed under a request
control_socket_disable = True  # it would lie in the home folder, one for all installations
