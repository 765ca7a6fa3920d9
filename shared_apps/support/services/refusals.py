"""What support access refuses, each with the way out."""

from __future__ import annotations

from kernel.errors import Conflict, Forbidden, Invalid


class ReasonTooShort(Invalid):
    code = "support_reason_short"
    sentence = "请写明事由，至少 10 个字。"


class HoursOutOfBounds(Invalid):
    code = "support_hours_invalid"
    sentence = "访问时长须为 {fewest} 至 {most} 小时。"


class NothingAsked(Invalid):
    code = "support_scope_empty"
    sentence = "请至少选择一项访问范围。"


class ChangeWithoutArea(Invalid):
    code = "support_change_without_area"
    sentence = "要申请「{change}」，须同时申请查看「{area}」。"


class MoreThanAsked(Invalid):
    code = "support_more_than_asked"
    sentence = "同意的范围不能超过申请的范围。"


class RefusalUnexplained(Invalid):
    code = "support_refusal_unexplained"
    sentence = "请写明拒绝的原因，对方会看到。"


class UnitNotOpen(Conflict):
    code = "support_unit_not_open"
    sentence = "单位当前不对外服务，不能申请支持访问。"


class AlreadyOpen(Conflict):
    code = "support_already_open"
    sentence = "您对该单位已有一次未结束的申请或访问，结束后才能再次申请。"


class AskedTooOften(Conflict):
    code = "support_asked_too_often"
    sentence = "24 小时内您已向该单位申请 {most} 次，请稍后再申请，或先与单位管理员电话沟通。"


class NotPossibleNow(Conflict):
    code = "support_state"
    sentence = "当前状态为「{state}」，不能这样办理。请刷新页面。"


class NotYours(Forbidden):
    code = "support_not_yours"
    sentence = "只有申请人本人可以这样办理。"


class OwnRequest(Forbidden):
    code = "support_own_request"
    sentence = "不能答复自己提出的申请，请由本单位其他管理员答复。"


class NoNesting(Forbidden):
    code = "support_no_nesting"
    sentence = "支持访问期间不能申请或答复支持访问。"
