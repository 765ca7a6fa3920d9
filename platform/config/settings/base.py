"""Settings common to every deployment, in Django's order.  Secrets have no defaults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from config import env, log_plan

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(env.text("GONGJIAN_DATA", str(ROOT / ".gongjian")))

os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
"""Names are read character by character; the phrases would cost every process 45 MB."""

PROGRAM = env.text("PROGRAM", "")  # web, worker, …: the process writes its figures down
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
if PROGRAM:
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(DATA / "metrics" / PROGRAM))
    (DATA / "metrics" / PROGRAM).mkdir(parents=True, exist_ok=True)

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
MASTER_KEY = env.key("MASTER_KEY")
IS_DEMO = env.flag("DEMO")

BASE_DOMAIN = env.text("BASE_DOMAIN", "localhost")
PORT = env.number("PORT", 8000)
INTAKE_PORT = env.number("INTAKE_PORT", PORT)  # channels' callbacks; the web takes them, too
SCHEME = env.text("SCHEME", "http")
ALLOWED_HOSTS = [f".{BASE_DOMAIN}", "127.0.0.1"]
CELL = env.text("CELL", "main")  # this installation's name among those under BASE_DOMAIN
CONTROL_URL = env.text("CONTROL_URL", "")  # empty: this is the control cell (docs/CELLS.md)
CELL_KEYS = env.named_keys("CELL_KEYS")
if CONTROL_URL and CELL not in CELL_KEYS:
    raise env.BadEnvironment("CELL_KEYS", f"must hold the key of {CELL}.")
_FACE = f"-{CELL}.{BASE_DOMAIN}" if CONTROL_URL else f".{BASE_DOMAIN}"
CONSOLE_HOST = f"console{_FACE}"
MEMBER_HOST = f"m{_FACE}"
PAY_HOST = f"pay{_FACE}"
RESERVED_LABELS = frozenset(
    {"console", "m", "pay", "status", "www", "api", "static", "admin", "mail"}
)
STATUS_HOST = f"status{_FACE}"
PROBE_ORIGIN = env.text("PROBE_ORIGIN", f"http://127.0.0.1:{PORT}")
PROBE_SECONDS = env.number("PROBE_SECONDS", 3600 if IS_DEMO else 600)
SUPPORT_PHONE = env.text("SUPPORT_PHONE", "")  # printed where a unit does not answer
PRODUCT_NAME = env.text("PRODUCT_NAME", "共建云 · 智慧党建（共建版）")

SHARED_APPS = [
    "django_tenants",
    "tenants",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "kernel.web",
    "django.forms",
    "shared_apps.people",
    "shared_apps.rules",
    "shared_apps.delivery",
    "shared_apps.library",
    "shared_apps.payments",
    "shared_apps.settlement",
    "shared_apps.reconciliation",
    "shared_apps.proof",
    "shared_apps.exchange",
    "shared_apps.usage",
    "shared_apps.status",
    "shared_apps.support",
    "shared_apps.fleet",
    "onboarding",
]
TENANT_APPS = [
    "tenant_apps.audit",
    "tenant_apps.access",
    "tenant_apps.organizations",
    "tenant_apps.members",
    "tenant_apps.elections",
    "tenant_apps.transfers",
    "tenant_apps.admissions",
    "tenant_apps.dues",
    "tenant_apps.treasury",
    "tenant_apps.insight",
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
TENANT_MODEL = "tenants.Unit"
TENANT_DOMAIN_MODEL = "tenants.Domain"
UNIT_SECRETS = "tenants.services.keys.secret_of"
TENANT_SYNC_ROUTER = "tenants.routers.SchemaRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]
SHARED_DATABASE_ROLE = "gongjian_shared"

MIDDLEWARE = [
    "config.middleware.RequestIdentity",
    "config.observing.Observed",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.HostRouting",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.SignedInActor",
    "config.visiting.SupportGate",
    "config.middleware.OnlyReadGate",
    "config.middleware.Toasts",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls.unknown"
HOST_URLCONFS = {
    "console": "config.urls.console",
    "unit": "config.urls.unit",
    "member": "config.urls.member",
    "pay": "config.urls.pay",
    "status": "config.urls.status",
}
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "config.context.shell",
            ],
            "builtins": ["kernel.web.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "kernel.web.forms.Renderer"

DATABASES: dict[str, Any] = {
    "default": {
        "ENGINE": "tenants.backends.unit",
        **env.database("DATABASE_URL"),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 10, "max_lifetime": 900, "timeout": 20}},
    },
    "owner": {
        "ENGINE": "tenants.backends.owner",
        **env.database("DATABASE_ADMIN_URL"),
        "CONN_MAX_AGE": 0,
    },
}
TENANT_LIMIT_SET_CALLS = True
UNITS_PER_CONNECTION = env.number("UNITS_PER_CONNECTION", 100)
READY_SCHEMAS = env.number("READY_SCHEMAS", 5 if IS_DEMO else 50)  # kept for new units
DISTRIBUTED_SCHEMAS = env.flag("DISTRIBUTED_SCHEMAS")  # schema-based sharding (Citus)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.text("CACHE_URL"),
        "KEY_PREFIX": "gongjian",
    }
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "static_root"
STATICFILES_DIRS = [ROOT / "static_build"]
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA / "files"
if env.text("S3_ENDPOINT", ""):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "endpoint_url": env.text("S3_ENDPOINT"),
            "bucket_name": env.text("S3_BUCKET"),
            "access_key": env.text("S3_ACCESS_KEY"),
            "secret_key": env.text("S3_SECRET_KEY"),
            "signature_version": "s3v4",
            "addressing_style": "path",
            "file_overwrite": False,
            "querystring_expire": 60,
        },
    }
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOAD_LIMIT_MB = env.number("UPLOAD_LIMIT_MB", 50)

PAYSIM_URL = env.text("PAYSIM_URL", "http://127.0.0.1:8091")
BANK_FRONT = {  # the bank's front machine stands beside us (docs: 银企对接)
    "url": env.text("BANK_FRONT_URL", PAYSIM_URL),
    "customer": env.text("BANK_FRONT_CUSTOMER", "10425566"),
    "operator": env.text("BANK_FRONT_OPERATOR", "gongjian"),
    "password": env.text("BANK_FRONT_PASSWORD", "demo-front-password"),
    "terminal": env.text("BANK_FRONT_TERMINAL", "E127000000001"),
    "pool_account": env.text("BANK_POOL_ACCOUNT", "447600001016"),
    "pool_bank": env.text("BANK_POOL_BANK", "40006"),
}
CASHIER_ORIGINS = [PAYSIM_URL] if IS_DEMO else ["https://wx.tenpay.com", "https://ebspay.boc.cn"]

CSRF_FAILURE_VIEW = "kernel.web.views.csrf_refused"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SCHEME == "https"
SESSION_COOKIE_SECURE = SCHEME == "https"
SIGN_IN_COOKIE = "__Host-gongjian" if SESSION_COOKIE_SECURE else "gongjian"
PROXY_HOPS = env.number("PROXY_HOPS", 0)  # own proxies in front that append X-Forwarded-For
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        # Paying posts a form that answers with a redirect to the channel's cashier.
        "form-action": ["'self'", *CASHIER_ORIGINS],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["kernel.api.authentication.ActorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["kernel.api.permissions.DeclaredPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "kernel.api.description.RoomNames",
    "EXCEPTION_HANDLER": "kernel.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "共建云 API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # A choice is written where it is used: the hook would gather all fields called "state".
    "POSTPROCESSING_HOOKS": [],
}

CELERY_BROKER_URL = env.text("BROKER_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

SMSSIM_URL = env.text("SMSSIM_URL", "http://127.0.0.1:8092")
SMS_GATEWAY_URL = env.text("SMS_GATEWAY_URL", SMSSIM_URL)
SMS_GATEWAY_KEY = env.text("SMS_GATEWAY_KEY", "demo-gateway-key")

LOGGING = log_plan.configuration(formatter=env.text("LOG_FORMAT", "plain"))
