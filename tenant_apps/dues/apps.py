from importlib import import_module

from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.dues.permissions import POLICY

_DUTIES = (
    ("arrears", "ArrearsDuties"),
    ("refunds", "RefundDuties"),
    ("counter", "CounterDuties"),
    ("proxy", "ProxyDuties"),
)
"""Who puts what on the first page of the desk."""


class DuesConfig(AppConfig):
    name = "tenant_apps.dues"
    verbose_name = "党费"

    def ready(self) -> None:
        register(POLICY)
        import_module("tenant_apps.dues.selectors.book_rules")
        import_module("tenant_apps.dues.selectors.cash_rules")
        dues = import_module("tenant_apps.dues.selectors.neighbours")
        members = import_module("tenant_apps.members.selectors")
        organizations = import_module("tenant_apps.organizations.selectors")
        members.register_column(dues.MonthlyStandard())
        members.register_column(dues.MonthsBill())
        members.register_section(dues.DuesSection())
        organizations.register(dues.Bills())
        for room, provider in _DUTIES:
            duties = getattr(import_module(f"tenant_apps.dues.selectors.{room}"), provider)
            organizations.register_duties(duties())
        import_module("tenant_apps.transfers.selectors.dues_standing").register(dues.PaidTo())
        models = import_module("tenant_apps.dues.models")
        placement = import_module("tenant_apps.organizations.services.placement")
        placement.register(models.Bill)
        placement.register(models.Contribution)
        references = import_module("tenant_apps.members.services.references")
        references.register(models.Standard, "党费标准", unique_with=("year", "is_current"))
        references.register(models.Bill, "党费账单", unique_with=("month",))
        references.register(models.Receipt, "党费收据")
        references.register(models.Contribution, "多交与大额党费")
        references.register(models.Slip, "党费缴款单")
        references.register(models.Entrustment, "党费代交委托", unique_with=("is_current",))
        references.register(models.Relief, "党费少交与缓交")
        import_module("tenants.timetable").every_unit(
            import_module("tenant_apps.dues.services.monthly").keep_month,
            name="dues.month",
            label="党费自动出账",
            seconds=24 * 3600,
            states=import_module("tenants.models").WORKING,
            # From six in the morning in Beijing, spread over three hours: before people pay.
            opens_at=22 * 3600,
            window=3 * 3600,
        )
