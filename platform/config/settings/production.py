"""A deployment behind TLS: secure cookies, HSTS, no demo."""

from config import log_plan
from config.settings.base import *  # noqa: F403 - the one place that extends the base wholesale
from config.settings.base import IS_DEMO, SCHEME

if IS_DEMO or SCHEME != "https":
    raise SystemExit("Production needs SCHEME=https and no DEMO.")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
LOGGING = log_plan.configuration(formatter="json")
