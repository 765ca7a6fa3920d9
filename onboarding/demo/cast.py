"""Who is in the demo.  Every person, unit, code and secret here is invented and public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tenants.models import UnitProfile

PASSWORD: Final = "Gongjian demo 2026"  # noqa: S105 - public, for the demo only


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody of the bank or the platform; the second factor's secret is fixed (base32)."""

    login: str
    name: str
    label: str
    role: str
    secret: str


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """A unit to open.  ``code_body`` lacks the check character, which is computed."""

    name: str
    label: str
    roster: str
    code_body: str
    region: str
    contact: str
    phone: str
    branch: str
    secret: str
    registered_days_ago: int
    activated_percent: int
    paid_percent: int
    is_opened: bool = True
    profile: str = UnitProfile.ENTERPRISE


STAFF: Final = (
    Staff("outreach", "陆远", "共建推广专员", "outreach", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
    Staff("outreach2", "沈一帆", "共建推广专员（第二位）", "outreach",
          "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"),
    Staff("operator", "顾清", "平台运营", "operator", "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK"),
    Staff("settler", "宋知微", "结算经办", "settlement_maker", "MRSW23LPONSXI5DMMVZGKZLEMUZXE3DE"),
    Staff("settler2", "段明远", "结算复核", "settlement_checker",
          "MNUGKY3LMVZGKZLEMUZXE3DENBSWY3DP"),
    Staff("sysadmin", "程立", "系统管理员", "system_admin", "NBSWY3DPO5XXE3DENBSWY3DPO5XXE3DE"),
    Staff("secadmin", "范晓宁", "安全管理员", "security_admin",
          "ONSWG4TFOQQGW3TPONSWG4TFOQQGW3TP"),
    Staff("audadmin", "贺建平", "审计管理员", "audit_admin", "OVZWKZBAMZXXE3LBOVZWKZBAMZXXE3LB"),
)  # fmt: skip
UNITS: Final = (
    DemoUnit("云龙轨道交通集团", "yunlong", "yunlong-metro.xlsx", "91320303MA1YL0A10", "320303",
             "林晓慧", "13905160001", "彭城支行", "PFXW45LBMNRG6ZDZPFXW45LBMNRG6ZDZ", 26, 40, 14),
    DemoUnit("河西区教育局", "hexi", "hexi-education.xls", "11320105HX0000E20", "320105",
             "孙秋云", "13905160002", "江东门支行", "QFSWG4TFORZWKY3SQFSWG4TFORZWKY3S", 15, 25, 8,
             profile=UnitProfile.AGENCY),
    DemoUnit("兰亭文旅发展公司", "lanting", "lanting-tourism.csv", "91330602MA2LT0C30", "330602",
             "周若琳", "13905160003", "越城支行", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 6, 0, 0),
    DemoUnit("白马湖农场", "baima", "baima-farm.xlsx", "91320804MA3BM0D40", "320804",
             "韩志远", "13905160004", "清江浦支行", "", 2, 0, 0, is_opened=False),
)  # fmt: skip
"""The first two are in full use, the third waits for its first bills, the last is in review."""
