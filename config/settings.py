"""All settings, read from the environment once. docs/operate.md lists them for operators."""

from datetime import time, timedelta

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import environment, logging
from config.environment import (
    BASE_DIR,
    env,
    env_area,
    env_bool,
    env_int,
    env_list,
    env_origin,
    env_rate,
    env_time_zone,
)

# --- What kind of installation this is -----------------------------------------------------------

# The demo shows its mails on a page and lets anyone be Aino: never on in production.
DEMO = env_bool("DEMO", False)
DEBUG = False
STATE_DIR = environment.state_dir()
SECRET_KEY = env("SECRET_KEY", environment.demo_secret(STATE_DIR) if DEMO else None)
SITE_URL = env_origin("SITE_URL", f"http://127.0.0.1:{environment.port()}" if DEMO else None)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "*" if DEMO else None)

# Where the pictures of maps come from, such as https://tiles.example.org/{z}/{x}/{y}.png; without, no map.
TILE_URL = environment.tile_url("TILE_URL")
TILE_ATTRIBUTION = env("TILE_ATTRIBUTION", "")

CITY_NAME = env("CITY_NAME", "Helsinki")
CITY_AREA = env_area("CITY_AREA", "59.9,24.78,60.31,25.27")  # a venue outside it is a mistake
CITY_TIME_ZONE = env_time_zone("CITY_TIME_ZONE", "Europe/Helsinki")

# --- Rules of the house that an operator may change ----------------------------------------------

HOLD_FOR = timedelta(minutes=env_int("HOLD_MINUTES", 10, at_least=1))
REMIND_BEFORE = timedelta(hours=env_int("REMIND_HOURS", 24, at_least=1))
REPEATED_NO_SHOWS = env_int("REPEATED_NO_SHOWS", 2, at_least=1)  # in a year: then managers are told
HEAR_FOR = timedelta(days=env_int("HEAR_FOR_DAYS", 14, at_least=1))
DECIDE_WITHIN = timedelta(days=env_int("DECIDE_WITHIN_DAYS", 7, at_least=1))
PAY_WITHIN = timedelta(days=env_int("PAY_WITHIN_DAYS", 3, at_least=1))
# For so long time that came free is held for somebody who waits; never if less is left to answer.
OFFER_FOR = timedelta(hours=env_int("OFFER_HOURS", 12, at_least=1))
OFFER_AT_LEAST = timedelta(minutes=env_int("OFFER_AT_LEAST_MINUTES", 30, at_least=1))
# Notices of a closure or another change go out after this time; until then it can be undone.
GRACE = timedelta(minutes=env_int("GRACE_MINUTES", 15, at_least=0))
# A club counts as one of minors if so many of its members are under 18. Akaa's price list of 2024 says 80.
MINORS_PERCENT = env_int("MINORS_PERCENT", 80, at_least=1, at_most=100)
# On which days of a year seasons begin, as month and day. Helsinki: winter 1 Sep–1 Jun, summer 2 Jun–31 Aug.
SEASON_STARTS = [(9, 1), (6, 2)]
# From when on it is evening: until then weekdays are the school's own (Helsinki, 2016).
EVENING_FROM = time(17)
MAX_UNDECIDED_REQUESTS = env_int("MAX_UNDECIDED_REQUESTS", 3, at_least=1)
MAX_WAITING = env_int("MAX_WAITING", 5, at_least=1)

# --- Wiring --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "csp",
    "accounts",  # before allauth: its pages and mails are ours
    "allauth",
    "allauth.account",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "config.apps.ConfigConfig",
    "venues",
    "bookings",
    "payments",
    "calendars",
]

MIDDLEWARE = [
    "config.bodies.UnreadBodyMiddleware",
    "config.logging.RequestLogMiddleware",
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "csp.middleware.CSPMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")  # reading changes nothing

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    },
]

# --- Database: a server by DATABASE_URL, else the embedded one ------------------------------------


def database() -> dict:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    if url := environment.database_url():
        try:
            options: dict = conninfo_to_dict(url)
        except ProgrammingError as exc:
            raise ImproperlyConfigured(
                "DATABASE_URL is not a PostgreSQL address. It looks like postgresql://user:password@host/name."
            ) from exc
    else:
        from config import embedded

        options = embedded.connection(STATE_DIR)
    # Compiling the statement of a search takes longer than running it as it is.
    defaults = {"connect_timeout": 10, "options": "-c jit=off"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": options.pop("dbname", "vuoro"),
        "USER": options.pop("user", ""),
        "PASSWORD": options.pop("password", ""),
        "HOST": options.pop("host", ""),
        "PORT": str(options.pop("port", "")),
        "OPTIONS": defaults | options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- What a process remembers ---------------------------------------------------------------------

IN_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": IN_MEMORY},
    # Apart from the throttles' counts, which no number of different pages may push out.
    "template_fragments": {"BACKEND": IN_MEMORY, "LOCATION": "template_fragments"},
}

# --- People --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # the code that signs in has been read at the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900  # seconds: mail may be slow
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 8}
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "request_login_code": "accounts.forms.SignInForm",
    "confirm_login_code": "accounts.forms.CodeForm",
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- Mail ----------------------------------------------------------------------------------------

OUTBOX_DIR = STATE_DIR / "outbox"
if DEMO:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(OUTBOX_DIR)
else:
    EMAIL_HOST = env("EMAIL_HOST", "localhost")
    EMAIL_PORT = env_int("EMAIL_PORT", 25, at_least=1, at_most=environment.HIGHEST_PORT)
    EMAIL_HOST_USER = env("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "varaukset@example.org" if DEMO else None)

# --- Money ---------------------------------------------------------------------------------------

# Without a key people cannot pay by card, and managers see payments otherwise.
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", "")
# Where a sandbox of our own answers instead of Stripe: in the demo only, and never with a live key.
STRIPE_API_BASE = environment.stripe_base("STRIPE_API_BASE", key=STRIPE_SECRET_KEY, demo=DEMO)
# The pages on which people pay: their browsers are sent there.
STRIPE_CHECKOUT_ORIGIN = STRIPE_API_BASE or "https://checkout.stripe.com"

# Who sells, as it stands on invoices and receipts.
SELLER = {
    "name": env("SELLER_NAME", f"{CITY_NAME} (demo)" if DEMO else CITY_NAME),
    "business_id": env("SELLER_BUSINESS_ID", ""),
    "address": env("SELLER_ADDRESS", ""),
    "email": env("SELLER_EMAIL", DEFAULT_FROM_EMAIL),
    "iban": env("SELLER_IBAN", ""),
    "bic": env("SELLER_BIC", ""),
}
BILL_BY = environment.env_choice("BILL_BY", "month", of=("month", "season"))
INVOICE_DAYS = env_int("INVOICE_DAYS", 14, at_least=1)

# --- Language, time, static files ----------------------------------------------------------------

LANGUAGE_CODE = "fi"
LANGUAGES = [("fi", _("Finnish")), ("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
TIME_ZONE = CITY_TIME_ZONE

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- API -----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "config.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["bookings.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "venues.api.pages.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "config.api_schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "bookings.api.errors.answer",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env_rate("THROTTLE_ANON", "1200/min"),
        "user": env_rate("THROTTLE_USER", "3000/min"),
    },
    # How many proxies of ours a request comes through: who calls is told by the last of them only.
    "NUM_PROXIES": env_int("PROXIES", 1 if SITE_URL.startswith("https://") else 0),
}
ALLAUTH_TRUSTED_PROXY_COUNT = REST_FRAMEWORK["NUM_PROXIES"]
SPECTACULAR_SETTINGS = {
    "TITLE": "Vuoro",
    "VERSION": "1",
    "DESCRIPTION": (BASE_DIR / "config" / "api.md").read_text(),
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "VenueKind": "venues.models.Venue.Kind",
        "OrganisationKind": "accounts.models.Organisation.Kind",
        "MembershipRole": "accounts.models.Membership.Role",
        "BookingStatus": "bookings.api.bookings.STATES",
        "SanctionKind": "bookings.models.Sanction.Kind",
        "PriceLineKind": "bookings.models.PriceLine.Kind",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # bytes; no request of ours is near it
# 99 rules of opening hours are 2,000 fields, the layout of a hall of 100 pieces and 50 parts 5,000.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 8000

# --- Safety --------------------------------------------------------------------------------------

CSRF_FAILURE_VIEW = "config.views.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if SITE_URL.startswith("https://"):  # behind a proxy that ends TLS and sets this header itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 31_536_000)
# A city's other subdomains are not ours to promise anything for.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# Everything comes from ourselves, but for the picture tiles of a map; no inline script or style.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", *([environment.origin_of(TILE_URL)] if TILE_URL else [])],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'", STRIPE_CHECKOUT_ORIGIN],
        "frame-ancestors": ["'none'"],
    }
}

# --- Logs ----------------------------------------------------------------------------------------

LOGGING = logging.CONFIGURATION
