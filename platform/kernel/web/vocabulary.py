"""The words and marks in which states, organisation types and problems are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Status(NamedTuple):
    """How a state is shown: never by colour alone, always icon and words as well."""

    text: str
    tone: str
    icon: str


STATUSES: Mapping[str, Status] = {
    "paid": Status("已交", "ok", "circle-check"),
    "unpaid": Status("未交", "warn", "clock"),
    "overdue": Status("逾期", "late", "alert-triangle"),
    "processing": Status("处理中", "info", "loader-2"),
    "exempt": Status("免交", "mute", "circle-minus"),
    "deferred": Status("缓交", "info", "clock"),
    "refunded": Status("已退", "mute", "arrow-back-up"),
    "closed": Status("已关闭", "mute", "ban"),
    "open": Status("已开通", "ok", "circle-check"),
    "opening": Status("开通中", "info", "loader-2"),
    "pending": Status("待处理", "warn", "clock"),
    "draft": Status("草稿", "mute", "pencil"),
    "suspended": Status("已暂停", "late", "ban"),
    "expired": Status("已到期", "late", "hourglass"),
    "failed": Status("失败", "late", "circle-x"),
    "refused": Status("未通过", "late", "circle-x"),
    "accepted": Status("通过", "ok", "circle-check"),
    "warning": Status("需核对", "warn", "alert-triangle"),
    "done": Status("已完成", "ok", "circle-check"),
    "undone": Status("已撤销", "mute", "arrow-back-up"),
    "running": Status("进行中", "info", "loader-2"),
    "active": Status("在用", "ok", "circle-check"),
    "inactive": Status("停用", "mute", "circle-minus"),
    "locked": Status("已锁定", "late", "lock"),
    "full": Status("正式党员", "mute", "user-check"),
    "probationary": Status("预备党员", "gold", "user"),
}

ORGANISATION_KINDS: Mapping[str, tuple[str, str]] = {
    "committee": ("委", "党委"),
    "general": ("总", "党总支"),
    "branch": ("支", "党支部"),
    "group": ("组", "党小组"),
}

PROBLEMS: Mapping[int, tuple[str, str]] = {
    400: ("请求无法识别", "请返回上一页，刷新后再操作一次。"),
    403: ("没有权限", "如需开通，请联系管理员。"),
    404: ("没有找到", "请核对地址，或从首页重新进入。"),
    409: ("操作没有完成", "内容可能已被他人更新，请刷新后查看最新状态。"),
    413: ("文件过大", "请压缩或拆分后重新上传。"),
    421: ("地址不在这里", "请稍后重新打开；如反复出现，请联系为贵单位开通服务的银行。"),
    422: ("内容需要修改", "请返回上一页，按提示修改后重新提交。"),
    429: ("操作过于频繁", "请等一会儿再试。"),
    500: ("页面出了点问题", "如果反复出现，请把下面的编号告诉管理员。"),
    503: ("服务暂时不可用", "我们正在恢复，请几分钟后再试。"),
}
