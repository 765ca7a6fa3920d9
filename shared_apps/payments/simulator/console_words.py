"""The words of the simulator's own page: channels, states, and what every fault does."""

from __future__ import annotations

from typing import Final, NamedTuple

KINDS: Final = {"wechat": ("h5", "native", "jsapi"), "alipay": ("wap",), "bank": ("bank",)}
CHANNEL_NAMES: Final = {"wechat": "微信支付", "alipay": "支付宝", "bank": "手机银行"}
CHANNELS: Final = {kind: CHANNEL_NAMES[key] for key, kinds in KINDS.items() for kind in kinds}
"""The channel's name by an order's kind."""

STATES: Final = {
    "NOTPAY": "待支付", "SUCCESS": "已支付", "CLOSED": "已关闭", "REFUND": "有退款",
}  # fmt: skip
POINTS: Final = {
    "order": "下单",
    "query": "查询",
    "close": "关单",
    "refund": "退款",
    "callback": "通知",
    "bill": "账单",
    "front": "银企前置机",
}
JOURNAL: Final = {
    **POINTS,
    "paid": "付款",
    "refused": "拒绝请求",
    "console": "本页操作",
    "refunded": "退款到账",
    "day": "日期前进",
}


class FaultWords(NamedTuple):
    """A fault's short name and what it does."""

    name: str
    does: str


_REQUESTS: Final = {
    "badly_signed": ("答复签名不对", "照常办理，但答复用别人的密钥签名"),
    "callback_first": ("通知先到", "付款人立即付款，通知在下单答复之前送达"),
    "drop_after": ("办了不答复", "照常办理，答复在路上丢失"),
    "drop_before": ("没办也不答复", "请求在路上丢失，什么也没有发生"),
    "error_after": ("办了报系统错误", "照常办理，却答复系统异常"),
    "error_before": ("没办，报系统错误", "什么也没有办理，答复系统异常"),
    "fund_unchanged": ("退了说没动账", "退款已办，却答复资金没有变化"),
    "latency": ("答复很慢", "等够所填的秒数再办理"),
    "not_exist": ("查无此单", "答复交易不存在，过后又能查到"),
    "rate_limited": ("请求过于频繁", "拒绝这一次，请稍后再试"),
    "refund_abnormal": ("退款异常", "款项退不回付款人账户，需要另行处理"),
    "refund_closed": ("退款关闭", "退款受理后又关闭，款项没有退出"),
    "refund_not_enough": ("余额不足", "商户在渠道的余额不够，暂时退不了"),
    "refund_processing": ("退款处理中", "受理后停在处理中，一小时后才有结果"),
    "refund_refused": ("不予退款", "答复退款失败，款项没有退出"),
    "refund_unclear": ("退款未明", "款项已退，却答复结果未明"),
    "status_unknown": ("状态未明", "答复状态 4：银行自己也还不知道结果"),
    "unsigned": ("答复没有签名", "照常办理，但答复不带签名"),
}
_CALLBACKS: Final = {
    "concurrent": ("同时送两次", "同一条通知同一时刻送达两次"),
    "delayed": ("迟到", "过了所填的秒数才送"),
    "duplicate": ("送两次", "同一条通知接连送两次"),
    "foreign_app_id": ("别人的应用", "签名有效，应用号是别人的"),
    "foreign_mchid": ("别人的商户", "签名有效，商户号是别人的"),
    "forged": ("伪造签名", "用无人信任的密钥签名"),
    "hidden_field": ("夹带字段", "夹带一个没有签名的字段"),
    "never": ("永远不送", "这条通知不再发送，只能靠查询得知"),
    "other_amount": ("金额不同", "签名有效，金额比订单多 1 分"),
    "oversized": ("内容过大", "正文超过 64 KiB"),
    "repeated_field": ("字段重复", "同一个字段出现两次，后一个是假的"),
    "repeated_header": ("报头重复", "同一个签名报头出现两次"),
    "shifted_field": ("字段错位", "签名原文不变，字段的分界移动了一格"),
    "signtest": ("签名探测", "渠道探测商户是否真的验签，必须拒绝"),
    "stale": ("过期", "签名有效，时间早已过去"),
    "status_unknown": ("状态未明", "签名有效，状态为 4（未明）"),
    "tampered_body": ("正文被改", "签名之后改动了正文"),
    "unknown_serial": ("证书序列号不识", "序列号不是约定的那一个"),
    "unsigned": ("没有签名", "通知不带签名"),
    "wrong_sign_type": ("签名方式不对", "声明了另一种签名方式"),
    "wrong_signer": ("签名人不对", "同一证书机构颁发给别的客户的证书所签"),
}
_BILLS: Final = {
    "bom": ("带字节顺序标记", "文件开头多出 BOM"),
    "cutoff": ("跨日", "最后一笔记到了第二天"),
    "duplicate_line": ("多记一行", "同一笔出现两行"),
    "expired_token": ("下载地址过期", "下载地址一拿到就已失效"),
    "extra_line": ("多出一行", "多出一笔从未发生的交易"),
    "fee": ("手续费不同", "其中一笔多收了手续费"),
    "missing_line": ("少一行", "少了真实发生的一笔"),
    "not_ready": ("账单未生成", "答复账单生成中，请稍后再取"),
    "one_fen_off": ("差一分", "其中一笔金额相差 1 分"),
    "shuffled": ("列序打乱", "表头与各列换了次序"),
    "truncated": ("文件不全", "只下载到一部分"),
    "wrong_digest": ("摘要不符", "给出的摘要与文件对不上"),
    "wrong_encoding": ("编码不对", "文件用了另一种编码"),
    "wrong_total": ("汇总不符", "汇总行与明细对不上"),
}
_FRONT: Final = {
    "double_entry": ("对账单重复", "同一笔在对账单里出现两次"),
    "drop_after": ("收了不答复", "指令已受理，答复丢失"),
    "drop_before": ("没收到", "指令在路上丢失"),
    "late_reject": ("受理后拒绝", "先受理，过后查询才知道被拒"),
    "processing": ("处理中", "一直停在处理中"),
    "reject": ("当场拒绝", "指令不予受理"),
    "return": ("退汇", "已经付出，过几天又退回"),
    "window_closed": ("窗口已关", "已过当日受理时间"),
}
WORDS: Final = {"": _REQUESTS, "callback": _CALLBACKS, "bill": _BILLS, "front": _FRONT}
"""Faults by where they strike; those of requests under the empty name."""


def words_of(point: str, mode: str) -> FaultWords:
    """A fault in words; an unknown one bears its own name, so that none is hidden."""
    known = WORDS.get(point, _REQUESTS)
    return FaultWords(*known[mode]) if mode in known else FaultWords(mode, "")
