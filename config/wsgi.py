"""What a web server serves."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
# Before the first visitor comes, who would wait for it otherwise.
import_module(settings.ROOT_URLCONF)
