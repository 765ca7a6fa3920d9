"""The navigation of each face.  An entry is shown to whoever may open it."""

from __future__ import annotations

from typing import Any, NamedTuple

from kernel.actor import Actor
from kernel.permissions import can


class Entry(NamedTuple):
    """One entry: the permission is the one that the page itself declares."""

    url: str
    label: str
    icon: str
    permission: str


Group = tuple[str, tuple[Entry, ...]]

CONSOLE: tuple[Group, ...] = (
    (
        "共建单位",
        (
            Entry("/", "单位开通", "building-community", "onboarding:units_list"),
            Entry("/units/new/", "登记新单位", "plus", "onboarding:unit_register"),
            Entry("/batches/", "批量开通", "table-import", "onboarding:batch_handle"),
        ),
    ),
    (
        "平台运营",
        (
            Entry("/fleet/", "单位总览", "layout-list", "fleet:view"),
            Entry("/fleet/waves/", "升级波次", "stack-2", "fleet:waves_view"),
            Entry("/fleet/drift/", "结构核对", "checklist", "fleet:waves_view"),
            Entry("/fleet/backups/", "备份与恢复", "database", "fleet:backups_view"),
            Entry("/support/", "支持访问", "headset", "support:view"),
            Entry("/closings/", "注销办理", "file-certificate", "onboarding:closing_view"),
            Entry("/status/", "运行状态", "activity", "status:view"),
            Entry("/operations/", "运行总览", "chart-bar", "usage:operations_view"),
            Entry("/usage/", "用量与汇总", "list-details", "usage:operations_view"),
            Entry("/exchange/", "单位间往来", "send", "exchange:traffic_view"),
        ),
    ),
    (
        "资金结算",
        (
            Entry("/settlement/", "党费结算", "building-bank", "settlement:view"),
            Entry("/settlement/accounts/", "专户核对", "checklist", "settlement:account_confirm"),
            Entry("/settlement/statement/", "归集户流水", "list-details", "settlement:view"),
            Entry("/reconciliation/", "渠道对账", "clipboard-check", "reconciliation:watch"),
            Entry("/campaigns/", "特殊党费", "flag-3", "rules:campaign"),
            Entry("/proof/", "账务核验", "shield-check", "proof:watch"),
        ),
    ),
    ("管理", (Entry("/permissions/", "权限一览", "shield-check", "access:permissions_read"),)),
)
UNIT: tuple[Group, ...] = (
    ("", (Entry("/", "工作台", "home", "onboarding:workbench_view"),)),
    (
        "组织与党员",
        (
            Entry("/organizations/", "组织架构", "sitemap", "organizations:browse"),
            Entry("/members/", "党员名册", "users", "members:browse"),
            Entry("/admissions/", "发展党员", "user-plus", "admissions:browse"),
            Entry("/transfers/", "组织关系转接", "arrows-exchange", "transfers:browse"),
            Entry("/exchange/", "导入与导出", "table-import", "onboarding:exchange_view"),
            Entry("/elections/", "换届与任职", "flag-3", "elections:browse"),
            Entry("/statistics/", "党内统计", "chart-bar", "insight:browse"),
        ),
    ),
    (
        "党费收缴",
        (
            Entry("/dues/", "收缴台账", "building-bank", "dues:browse"),
            Entry("/dues/standards/", "标准核定", "coin-yuan", "dues:standard"),
            Entry("/dues/reliefs/", "少交与缓交", "calendar-event", "dues:exempt"),
            Entry("/dues/arrears/", "党费欠交", "alert-triangle", "dues:browse"),
            Entry("/dues/counter/", "现金收缴", "wallet", "dues:counter"),
            Entry("/dues/proxy/", "批量代交", "users-group", "dues:counter"),
            Entry("/dues/prepaid/", "预交差额", "calendar-event", "dues:issue"),
            Entry("/dues/receipts/", "党费收据", "receipt", "dues:browse"),
            Entry("/dues/refunds/", "退款", "arrow-back-up", "dues:refund"),
            Entry("/rules/dues/", "党费规则", "book-2", "rules:read"),
        ),
    ),
    (
        "多交与特殊党费",
        (
            Entry("/dues/contributions/", "多交与大额", "plus", "dues:contribution"),
            Entry("/dues/campaigns/", "特殊党费", "flag-3", "dues:contribution"),
            Entry("/dues/hand-ups/", "大额上缴", "send", "dues:hand_up"),
        ),
    ),
    (
        "党费账务",
        (
            Entry("/treasury/", "党费三本账", "notebook", "treasury:browse"),
            Entry("/treasury/ledger/", "收支明细", "list-details", "treasury:browse"),
            Entry("/treasury/collection/", "收缴报表", "chart-bar", "treasury:browse"),
            Entry("/treasury/vouchers/", "收支单据", "receipt", "treasury:browse"),
            Entry("/treasury/sweeps/", "归集与回拨", "arrows-exchange", "treasury:browse"),
            Entry("/treasury/handovers/", "移交清单", "clipboard-check", "treasury:browse"),
            Entry("/treasury/publications/", "党费公示", "eye", "treasury:browse"),
        ),
    ),
    (
        "结算与对账",
        (
            Entry("/treasury/account/", "专户与结算方式", "credit-card", "settlement:own_view"),
            Entry("/treasury/settlements/", "结算记录", "send", "settlement:own_view"),
            Entry("/treasury/reconciliation/", "对账清单", "checklist", "reconciliation:browse"),
            Entry("/treasury/statements/", "银行对账单", "building-bank", "reconciliation:bank"),
            Entry("/dues/checks/", "账目核对", "shield-check", "dues:check"),
            Entry("/dues/channels/", "收款渠道", "credit-card", "payments:channel_configure"),
        ),
    ),
    (
        "管理",
        (
            Entry("/access/", "管理员与角色", "key", "access:manage"),
            Entry("/support/", "平台支持访问", "headset", "access:support_view"),
            Entry("/takeouts/", "数据导出", "download", "access:takeout"),
            Entry("/outside/", "平台看到了我们什么", "eye", "usage:outside_view"),
            Entry("/permissions/", "权限一览", "shield-check", "access:permissions_read"),
        ),
    ),
)
PHONE: tuple[Entry, ...] = (
    Entry("/m/", "首页", "home", "dues:pay"),
    Entry("/m/dues/", "交党费", "coin-yuan", "dues:pay"),
    Entry("/m/receipts/", "收据", "receipt", "dues:pay"),
    Entry("/m/me/", "我的", "user", "members:self"),
)
APPLICANT: tuple[Entry, ...] = (
    Entry("/m/admission/", "入党历程", "user-plus", "admissions:own"),
    Entry("/m/admission/reports/", "思想汇报", "notebook", "admissions:own"),
    Entry("/m/account/", "账户", "user", "people:account"),
)
"""The phone of somebody who only asked to become a member."""
FACES: dict[str, tuple[Group, ...]] = {"console": CONSOLE, "unit": UNIT}


def groups_for(face: str, actor: Actor) -> list[dict[str, Any]]:
    """The groups of a desk face that hold something for this actor."""
    groups = []
    for label, entries in FACES.get(face, ()):
        shown = [entry._asdict() for entry in entries if can(actor, entry.permission)]
        if shown:
            groups.append({"label": label, "items": shown})
    return groups


def tabs_for(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The tab bar of the phone; the longest address that begins ``path`` is the current one."""
    entries = PHONE if actor.applicant_id is None else APPLICANT
    shown = [entry for entry in entries if can(actor, entry.permission)]
    current = max((e.url for e in shown if path.startswith(e.url)), key=len, default="")
    return [{**entry._asdict(), "is_current": entry.url == current} for entry in shown]
