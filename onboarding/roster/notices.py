"""What is worth a look without refusing anything, counted instead of listed row by row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from .organisations import BRANCHES, OrgKind
from .understanding import MemberRow, Notice, OrgNode

_FIRST_ROWS = 20
TEXTS: dict[str, str] = {
    "birth_unreadable": "{count} 行的出生日期看不懂，已按身份证号码填写。",
    "age_odd": "{count} 人的年龄不在 18 至 110 岁之间，请核对身份证号码。",
    "joined_missing": "{count} 人没有填写入党日期，可以开通后补录。",
    "joined_under_18": "{count} 人入党时未满 18 周岁，请核对入党日期。",
    "full_unreadable": "{count} 行的转正日期看不懂，暂不录入。",
    "date_imprecise": "{count} 人的入党日期只到年或月，按当月（年）第一天录入。",
    "category_missing": "{count} 人没有填写人员类别，按转正日期判断。",
    "phone_missing": "{count} 人没有手机号码，暂时不能用手机登录交费。",
    "phone_landline": "{count} 人填的是固定电话，没有作为手机号码录入。",
    "phone_several": "{count} 人填了几个号码，只取第一个手机号码。",
    "phone_shared": "{count} 人与别人共用手机号码，登录前需要各自更正。",
    "dues_category_unknown": "{count} 人的交费类别看不懂，按工资收入计算。",
    "hardship_claimed": "{count} 人标为困难党员；减免须经上一级党委批准，批准前按一般标准计算。",
    "base_missing": "{count} 人没有党费计算基数，确定基数前不出账单。",
    "dues_capped": "{count} 人按比例超过 1000 元，月交纳额按 1000 元封顶。",
    "gender_differs": "{count} 人的性别与身份证号码不一致，已按身份证号码录入。",
    "org_by_short_name": "{count} 人的党组织写的是简称，已对应到全称。",
    "org_under_root": "{count} 人的党组织没有写上级，名称带有单位名，已直接归到单位党委之下。",
    "org_added": "{count} 人的党组织是新出现的，已加在写明的上级之下。",
    "org_placed_by_hand": "{count} 人按您的更正归入了党组织。",
}


class Tally:
    """Counts notices per code and sheet."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], list[int]] = defaultdict(list)

    def add(self, code: str, sheet: str, row: int) -> None:
        """One more row to look at."""
        self._rows[(code, sheet)].append(row)

    def notices(self) -> list[Notice]:
        """One notice per code and sheet, in the order of ``TEXTS``."""
        order = list(TEXTS)
        return [
            Notice(
                code,
                TEXTS[code].format(count=len(rows)),
                sheet,
                tuple(rows[:_FIRST_ROWS]),
                len(rows),
            )
            for (code, sheet), rows in sorted(
                self._rows.items(), key=lambda one: (one[0][1], order.index(one[0][0]))
            )
        ]


def of_sizes(nodes: Iterable[OrgNode], members: Iterable[MemberRow]) -> list[Notice]:
    """Branches above 50 members or below 3 full members, and members who hang on a committee
    (rulebook 1.1, 1.2: warn, never block).
    """
    total: Counter[str] = Counter()
    full: Counter[str] = Counter()
    for member in members:
        total[member.org_key] += 1
        full[member.org_key] += member.person_category == "FULL"
    large, small, upper, temporary = [], [], [], []
    for node in nodes:
        count = total[node.key]
        if node.kind in BRANCHES:
            large += [node.name] if count > 50 else []
            regular = node.kind == OrgKind.BRANCH and not node.existing
            small += [node.name] if regular and full[node.key] < 3 else []
            temporary += [node.name] if node.kind == OrgKind.TEMP_BRANCH and count else []
        elif count and node.kind != OrgKind.GROUP:
            upper.append(node.name)
    return [
        Notice(code, message.format(names=_some(names), count=len(names)), count=len(names))
        for code, message, names in (
            ("branch_large", "{count} 个党支部超过 50 人：{names}。", large),
            ("branch_small", "{count} 个党支部的正式党员不足 3 人：{names}。", small),
            ("members_above_branch", "{count} 个党委或党总支直接管理党员：{names}。", upper),
            (
                "temp_branch_members",
                "{count} 个临时党支部有党员；临时党支部不转接组织关系：{names}。",
                temporary,
            ),
        )
        if names
    ]


def _some(names: list[str]) -> str:
    return "、".join(names[:5]) + ("等" if len(names) > 5 else "")
