"""What waits under 导入与导出: compared files to decide on, exports that need a second word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from kernel.actor import Actor
from kernel.permissions import can
from onboarding.permissions import OnboardingPermission
from tenant_apps.members.selectors import updates as selectors
from tenant_apps.members.selectors.updates import OrderState, UpdateState
from tenant_apps.organizations.selectors import Duty


class ExchangeDuties:
    """For administrators; nobody is asked to approve what they ordered themselves."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterator[Duty]:
        if not can(actor, OnboardingPermission.EXCHANGE_IMPORT):
            return
        view = OnboardingPermission.EXCHANGE_VIEW
        updates = selectors.updates_visible_to(actor, to=view)
        in_review = updates.filter(state=UpdateState.REVIEW)
        yield Duty("导入文件待确认", in_review.count(), "/exchange/")
        orders = selectors.orders_visible_to(actor, to=view).filter(state=OrderState.AWAITING)
        others = orders.exclude(requested_by=actor.person_id)
        yield Duty("含完整号码的导出待批准", others.count(), "/exchange/?tab=exports")
