"""The texts of messages, as data.  A gateway licenses each text word by word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Template:
    """``text`` with its blanks; ``life`` is how long it is worth sending; the parameters of a
    secret one are wiped as soon as nobody needs them.
    """

    text: str
    life: dt.timedelta = _DAY
    is_secret: bool = False


TEMPLATES: Final[Mapping[str, Template]] = {
    "code": Template(
        "【共建云】验证码 {code}，用于{purpose}，{minutes} 分钟内有效。请勿告诉他人，"
        "工作人员不会向您索要。",
        life=dt.timedelta(minutes=10),
        is_secret=True,
    ),
    "invitation": Template(
        "【共建云】{unit}邀请您担任{role}。请打开邀请人发给您的链接完成开通，{days} 天内有效。",
    ),
    "bill_issued": Template(
        "【共建云】{name}同志，{unit}{month}党费 {yuan} 元已可缴纳，请登录共建云查看计算依据。",
    ),
    "dues_owed": Template(
        "【共建云】{name}同志，您有 {months}党费共 {yuan} 元待交，请登录共建云查看并交纳。已交纳的"
        "请忽略。",
    ),
    "support_asked": Template(
        "【共建云】平台支持人员申请访问{unit}，请在{until}前登录共建云答复。未经同意，对方看不到"
        "本单位的数据。",
    ),
    "support_entered": Template(
        "【共建云】平台支持人员已进入{unit}，访问到{until}自动结束。登录共建云可查看访问记录，也可"
        "随时结束访问。",
    ),
    "transfer_due": Template(
        "【共建云】{name}同志，您的组织关系介绍信{letter}有效期至{day}，请尽快到接收党组织办理；"
        "已办理的，请将回执交回原党组织。",
    ),
    "admission_received": Template(
        "【共建云】{name}同志，{unit}已收到您的入党申请书。用本手机号登录共建云，可查看办理进度。",
    ),
    "admission_invited": Template(
        "【共建云】{name}同志，{unit}请您用本手机号登录共建云，查看办理进度，提交思想汇报和材料。",
    ),
    "admission_told": Template(
        "【共建云】{name}同志，{unit}给您发来一条通知，请登录共建云查看。",
    ),
    "term_due": Template(
        "【共建云】{place}本届任期将于 {day}届满，请及时准备换届，登录共建云「换届与任职」办理。",
    ),
    "term_over": Template(
        "【共建云】{superior}提醒：{place}本届任期已于 {day} 届满，请尽快换届，或依规报批延期。",
    ),
    "receipt": Template(
        "【共建云】{name}同志，已收到您缴纳的党费 {yuan} 元（{months}），收据可登录共建云查看。",
    ),
}


def text_of(template: str, parameters: Mapping[str, str]) -> str:
    """The text as it will be read; KeyError for an unknown template or a missing blank."""
    return TEMPLATES[template].text.format_map(parameters)
