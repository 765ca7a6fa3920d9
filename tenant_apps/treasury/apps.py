from importlib import import_module

from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.treasury.permissions import POLICY


class TreasuryConfig(AppConfig):
    name = "tenant_apps.treasury"
    verbose_name = "党费账务"

    def ready(self) -> None:
        register(POLICY)
        import_module("tenant_apps.treasury.selectors.checks")
        models = import_module("tenant_apps.treasury.models")
        placement = import_module("tenant_apps.organizations.services.placement")
        placement.register(models.Voucher)
        placement.register(models.HandoverList)
        placement.register(models.OrgRule)
        placement.register(models.SweepLine, org="giver_id", path="giver_path")
        placement.register(models.SweepLine, org="taker_id", path="taker_path")
        references = import_module("tenant_apps.members.services.references")
        references.register(models.Comment, "党费公示意见")
        import_module("tenants.timetable").every_unit(
            import_module("tenant_apps.treasury.services.folding").fold_unit,
            name="treasury.fold",
            label="党费日汇总",
            seconds=24 * 3600,
            states=import_module("tenants.models").WORKING,
            # From one in the morning in Beijing, spread over three hours.
            opens_at=17 * 3600,
            window=3 * 3600,
        )
        import_module("tenants.timetable").every_unit(
            import_module("tenant_apps.treasury.services.proving").prove_unit,
            name="treasury.proof",
            label="账务核验",
            seconds=24 * 3600,
            # From five in the morning in Beijing, when the daily figures are folded.
            opens_at=21 * 3600,
            window=2 * 3600,
        )
