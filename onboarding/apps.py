import datetime as dt

from django.apps import AppConfig
from django.conf import settings

from kernel.permissions import register
from onboarding.permissions import POLICY


class OnboardingConfig(AppConfig):
    name = "onboarding"
    verbose_name = "单位开通"

    @property
    def probe_origin(self) -> str:
        """Where the probe finds the web, without a trailing slash; empty: it does not look."""
        return str(settings.PROBE_ORIGIN).rstrip("/")

    @property
    def probe_every(self) -> dt.timedelta:
        """How long after a run of the probe the next one is due."""
        return dt.timedelta(seconds=settings.PROBE_SECONDS)

    def ready(self) -> None:
        from onboarding.services import (  # noqa: PLC0415 - need the models
            journeys,
            recounting,
            update_dues,
            update_duties,
            update_sources,
            update_subjects,
        )
        from shared_apps.status.services import runs  # noqa: PLC0415 - the same
        from tenant_apps.members.services import applying  # noqa: PLC0415 - the same
        from tenant_apps.organizations.selectors import (  # noqa: PLC0415 - the same
            register_duties,
        )
        from tenants.archive import listeners  # noqa: PLC0415 - the same
        from tenants.timetable import every_unit  # noqa: PLC0415 - the same

        listeners.register(recounting.after_replacement)
        runs.register_probe(journeys.run)
        register(POLICY)
        every_unit(
            recounting.recount_unit,
            name=recounting.WORK,
            label="夜间核对",
            seconds=24 * 3600,
            purpose=None,
            opens_at=17 * 3600,
            window=4 * 3600,
        )
        update_subjects.connect()
        applying.on_entered(update_dues.fix)
        register_duties(update_duties.ExchangeDuties())
        every_unit(update_sources.clear, label="清理导入文件", seconds=24 * 3600)
