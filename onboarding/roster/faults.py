"""The rules a row can break, each with one sentence on what is wrong and one on what to do.

The order of ``RULES`` is the order in which a row's faults are reported.
"""

from __future__ import annotations

from .understanding import Rejection

RULES: dict[str, tuple[str, str]] = {
    "name_missing": ("没有填写姓名。", "补上姓名后重新交来。"),
    "name_invalid": ("「{value}」不像姓名。", "请核对是否填错了列。"),
    "id_missing": ("没有填写身份证号码。", "补上 18 位身份证号码。"),
    "id_precision_lost": (
        "身份证号码被表格当成数字，末几位已经丢失。",
        "把该列设为“文本”格式，重新填写号码。",
    ),
    "id_fifteen": ("这是 15 位的旧身份证号码。", "请填写换发后的 18 位号码。"),
    "id_length": ("身份证号码应为 18 位，现在是 {length} 位。", "对照身份证改正。"),
    "id_format": (
        "身份证号码里有不该出现的字符。",
        "对照身份证改正，只填 17 位数字和末位数字或 X。",
    ),
    "id_check_digit": ("身份证号码的校验位不对，号码里至少有一位填错。", "对照身份证逐位核对。"),
    "id_birth_invalid": ("身份证号码里的出生日期不存在。", "对照身份证逐位核对。"),
    "duplicate_id": (
        "名册里不止一行用了这个身份证号码（第 {others} 行）。",
        "确认是谁的号码，只保留正确的一行。",
    ),
    "id_birth_mismatch": (
        "出生日期与身份证号码里的不一致（号码里是 {expected}）。",
        "核对身份证号码和出生日期，改正填错的一个。",
    ),
    "unknown_org": (
        "名册里没有这个党组织。",
        "改成组织名单里的全称或编码；如果是新组织，请先补进组织名单。",
    ),
    "category_unknown": ("看不懂人员类别「{value}」。", "请填“正式党员”或“预备党员”。"),
    "category_not_member": (
        "「{value}」不是党员，不能作为党员开通。",
        "如已入党请更正人员类别，否则从党员名册中删去。",
    ),
    "phone_invalid": ("手机号码不对，应为 1 开头的 11 位数字。", "核对后改正；没有手机可以留空。"),
    "joined_not_a_date": ("看不懂入党日期「{value}」。", "请按 2018-07-01 的格式填写。"),
    "joined_in_future": ("入党日期晚于今天。", "核对入党日期。"),
    "joined_before_birth": ("入党日期早于出生日期。", "核对入党日期和身份证号码。"),
    "full_before_joined": ("转正日期早于入党日期。", "核对这两个日期，看是否填反。"),
    "base_not_a_number": (
        "党费计算基数「{value}」不是数字，也不是固定标准的类别。",
        "只填每月金额（元），例如 5230.50；学生、农牧民、下岗失业等可填类别名称。",
    ),
    "base_negative": ("党费计算基数不能小于 0。", "核对后改正。"),
    "org_name_missing": ("没有填写组织名称。", "补上组织全称。"),
    "org_duplicate": ("这个组织在名单里出现了不止一次。", "只保留一行，或改正填错的编码、名称。"),
    "org_cycle": (
        "「{name}」的上级绕了一圈又回到它自己。",
        "改正上级组织，使它最终归到单位党委之下。",
    ),
    "org_parent_missing": ("「{name}」没有填写上级组织。", "补上它的上级组织。"),
    "org_parent_unknown": (
        "「{name}」的上级组织不在名单里，或者上级组织本身已被退回。",
        "改正上级组织，或先补上那一级组织。",
    ),
}
_ORDER = {rule: place for place, rule in enumerate(RULES)}


def rejection(
    sheet: str,
    row: int,
    column: str,
    rule: str,
    value: str,
    *,
    also: tuple[str, ...] = (),
    **facts: object,
) -> Rejection:
    """A refusal with its two sentences filled in."""
    message, remedy = RULES[rule]
    facts = {
        "value": value,
        "length": len(value),
        "others": "",
        "expected": "",
        "name": "",
        **facts,
    }
    return Rejection(
        sheet, row, column, rule, value, message.format(**facts), remedy.format(**facts), also
    )


def first_rule(rules: list[str]) -> str:
    """The rule reported for a row that breaks several."""
    return min(rules, key=_ORDER.__getitem__)
