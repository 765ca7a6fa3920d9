"""The words of 「平台看到了我们什么」, first part: every number that leaves a unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Table(NamedTuple):
    """A shared table whose rows name a unit; ``numbers`` says what each number in it is."""

    model: str
    label: str
    holds: str
    why: str
    who: str
    numbers: Mapping[str, str]


class Number(NamedTuple):
    """A number of a report: ``kind`` and ``name`` as sent, ``column`` of the unit's totals."""

    kind: str
    name: str
    label: str
    meaning: str
    why: str
    when: str
    rule: str
    column: str = ""
    form: str = "count"

    @property
    def key(self) -> str:
        return f"{self.kind}.{self.name}"


OPERATORS: Final = "平台运营人员"
_PEOPLE: Final = "党员少于 5 人时不显示，也不计入任何地区、支行的合计"
_MONEY: Final = "单位党员少于 5 人时不显示，也不计入任何地区、支行的合计"
_PLAIN: Final = "不是人数，照实显示"

NUMBERS: Final = (
    Number(
        "organizations",
        "delta",
        "党组织数",
        "党组织增加或减少了几个",
        "了解平台承载规模",
        "新建、导入、撤销党组织时",
        _PLAIN,
        "organizations",
    ),
    Number(
        "members",
        "delta",
        "党员数",
        "在册党员增加或减少了几人，不含姓名等任何个人信息",
        "了解平台承载规模",
        "名册导入、撤销导入、增减党员时",
        _PEOPLE,
        "members",
    ),
    Number(
        "activations",
        "delta",
        "已激活党员数",
        "又有几名党员首次登录，不含是谁",
        "了解开通进度，提醒推广专员跟进",
        "党员首次登录时",
        _PEOPLE,
        "activated",
    ),
    Number(
        "imports",
        "delta",
        "名册导入次数",
        "完成了一次名册导入",
        "了解业务办理量",
        "名册导入完成时",
        _PLAIN,
        "imports",
    ),
    Number(
        "sign_ins",
        "delta",
        "党员登录次数",
        "有党员登录一次，不含是谁、在哪里、看了什么",
        "了解业务办理量；不用于考核和排名",
        "党员登录时",
        _PLAIN,
        "sign_ins",
    ),
    Number(
        "bills",
        "count",
        "党费账单数",
        "某月的账单增加或减少了几张",
        "了解收缴进度",
        "生成、撤销账单时",
        _PLAIN,
        "bills",
    ),
    Number(
        "bills",
        "due_fen",
        "应交党费",
        "某月账单的金额合计变化，不含每人的金额",
        "了解收缴进度",
        "生成、调整、撤销账单时",
        _MONEY,
        "due_fen",
        "fen",
    ),
    Number("bills", "month", "账单月份", "上面两项属于哪个月", "按月汇总", "随账单一起", _PLAIN),
    Number(
        "payments",
        "count",
        "已交账单数",
        "某月的账单又交清了几张",
        "了解收缴进度",
        "党员交费成功时",
        _PLAIN,
        "payments",
    ),
    Number(
        "payments",
        "paid_fen",
        "已交党费",
        "某月账单实交金额的变化，与渠道到账核对",
        "与支付渠道对账，发现差错",
        "党员交费成功时",
        _MONEY,
        "paid_fen",
        "fen",
    ),
    Number(
        "payments", "month", "交费所属月份", "上面两项属于哪个月", "按月汇总", "随交费一起", _PLAIN
    ),
    Number(
        "state",
        "standards_confirmed",
        "已核定标准人数",
        "有几人的党费标准已核定",
        "判断开通走到哪一步",
        "核定党费标准时",
        "只用于判断是否为零，不对外显示人数",
        "standards_confirmed",
    ),
    Number(
        "state",
        "administrators",
        "管理员人数",
        "有几名管理员",
        "判断开通走到哪一步",
        "管理员增减时",
        "只用于判断是否为零，不对外显示人数",
        "administrators",
    ),
    Number(
        "state",
        "second_factors",
        "已绑定第二因素的管理员人数",
        "有几名管理员绑定了动态口令",
        "判断开通走到哪一步",
        "管理员绑定或解绑时",
        "只用于判断是否为零，不对外显示人数",
        "second_factors",
    ),
)
