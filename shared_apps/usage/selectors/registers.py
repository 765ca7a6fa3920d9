"""The words of 「平台看到了我们什么」, second part: every shared table whose rows name a unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from shared_apps.usage.selectors.wording import OPERATORS


class Table(NamedTuple):
    """A shared table whose rows name a unit; ``numbers`` says what each number in it is."""

    model: str
    label: str
    holds: str
    why: str
    who: str
    numbers: Mapping[str, str]


STAFF: Final = "平台运营人员、为本单位开通服务的推广专员"
NOBODY: Final = "仅供系统运行，没有查看页面"
_TRIED: Final = "处理时已尝试的次数"
_DUES: Final = {
    "bills": "账单数",
    "due_fen": "应交金额（分）",
    "payments": "已交账单数",
    "paid_fen": "已交金额（分）",
}
_ACTS: Final = {
    **_DUES,
    "organizations": "党组织数",
    "members": "党员数",
    "activated": "已激活党员数",
    "imports": "名册导入次数",
    "sign_ins": "党员登录次数",
}
_STANDING: Final = {
    "organizations": "党组织数",
    "members": "党员数",
    "activated": "已激活党员数",
    "storage_bytes": "占用空间（字节）",
    "steps_behind": "数据结构落后的步数",
    "errors_day": "近一天服务出错次数",
    "errors_week": "近一周服务出错次数",
    "difference_fen": "到账与上报的差额（分）",
    "drifts": "近一周核对更正的项数",
    "score": "异常分",
}
TABLES: Final = (
    Table(
        "usage.Outbox",
        "待汇总的上报",
        "刚刚发出、还没有汇总的上报，十秒左右即取走",
        "保证上报不丢、不重",
        NOBODY,
        {"numbers": "上报的数字，见上表"},
    ),
    Table(
        "usage.Report",
        "上报原文",
        "最近的上报，一字不改，供本单位查看",
        "让本单位知道发出了什么",
        "仅本单位管理员",
        {"numbers": "上报的数字，见上表"},
    ),
    Table(
        "usage.UnitTotal",
        "本单位合计",
        "上报累加的结果，一行",
        "运营页面只读这一行，不进入本单位数据",
        OPERATORS,
        {
            **_ACTS,
            "standards_confirmed": "已核定标准人数",
            "administrators": "管理员人数",
            "second_factors": "已绑定第二因素的管理员人数",
            "storage_bytes": "存储（字节）",
        },
    ),
    Table(
        "usage.UnitMonth",
        "按月合计",
        "每个月的账单和交费合计",
        "按月了解收缴进度",
        OPERATORS,
        {**_DUES, "month": "月份"},
    ),
    Table(
        "usage.UnitDay",
        "按日合计",
        "每天发生的变化，保留 400 天",
        "按日了解业务量",
        OPERATORS,
        _ACTS,
    ),
    Table(
        "usage.Drift",
        "核对更正",
        "夜间核对发现汇总有误时，更正前后的数",
        "保证汇总准确",
        OPERATORS,
        {"period": "月份", "kept": "更正前", "found": "更正后"},
    ),
    Table(
        "fleet.Standing",
        "单位总览中的一行",
        "由上面各项整理而来，用于排序和查找",
        "及时发现异常",
        OPERATORS,
        {
            **_STANDING,
            "settled_fen": "支付渠道已到账金额（分）",
            "late_works": "失败或逾期的定时任务项数",
        },
    ),
    Table(
        "tenants.DistantStanding",
        "其他分区的单位总览",
        "平台分为几个分区、本单位不在总控分区时：本单位的名称、访问地址、信用代码、地区、经办行、"
        "类型、状态，以及单位总览中的一行，每分钟送给总控分区；不含任何个人信息",
        "运营人员在一张表上看到各分区的单位",
        OPERATORS,
        {
            **_STANDING,
            "late_works": "未完成的定时任务数",
            "paid_fen": "已交金额合计（分）",
        },
    ),
    Table(
        "tenants.DistantMonth",
        "其他分区的按月合计",
        "同上：近一年每个月的应交和已交金额",
        "按月了解收缴进度",
        OPERATORS,
        {"month": "月份", "due_fen": "应交金额（分）", "paid_fen": "已交金额（分）"},
    ),
    Table(
        "fleet.Renaming",
        "更名记录",
        "谁在什么时候、为什么把单位名称或访问地址改成了什么",
        "留下依据",
        OPERATORS,
        {},
    ),
    Table(
        "fleet.WorkRetry",
        "任务重试记录",
        "谁在什么时候重试了本单位的哪一项定时任务",
        "留下依据",
        OPERATORS,
        {},
    ),
    Table(
        "fleet.Appointment",
        "先行单位记录",
        "谁在什么时候把本单位设为升级的先行单位，或取消",
        "留下依据",
        OPERATORS,
        {},
    ),
    Table(
        "status.UnitFailures",
        "服务出错次数",
        "每天页面或接口出错几次，不含是谁、在看什么",
        "及时发现并修复故障",
        OPERATORS,
        {"count": "当天出错次数"},
    ),
    Table(
        "fleet.Pin", "置顶", "哪位运营人员置顶了本单位", "方便运营人员查找", "该运营人员本人", {}
    ),
    Table(
        "tenants.Unit",
        "单位目录",
        "单位名称、信用代码、地区、经办行、状态",
        "找到本单位的访问地址和数据",
        STAFF,
        {},
    ),
    Table("tenants.Domain", "访问地址", "本单位的域名", "把访问引到本单位", STAFF, {}),
    Table(
        "tenants.Transition",
        "状态变更记录",
        "谁在什么时候、为什么变更了单位状态",
        "留下依据",
        STAFF,
        {"number": "第几次变更"},
    ),
    Table(
        "tenants.UnitKey",
        "单位密钥",
        "加密后的数据密钥，注销时销毁",
        "敏感信息只在本单位内可解开",
        NOBODY,
        {},
    ),
    Table(
        "tenants.Backup",
        "备份记录",
        "备份的时间、大小和结果，不含备份内容",
        "出问题时能恢复",
        OPERATORS,
        {
            "attempts": _TRIED,
            "done": "已处理的表数",
            "total": "总表数",
            "rows": "行数",
            "files": "文件数",
            "bytes": "大小（字节）",
            "lock": "加密方式",
        },
    ),
    Table(
        "tenants.Restore",
        "恢复记录",
        "谁申请、谁确认、何时恢复",
        "留下依据",
        OPERATORS,
        {"milliseconds": "用时（毫秒）", "rows": "行数"},
    ),
    Table(
        "tenants.WaveStep",
        "升级记录",
        "本单位数据结构升级的时间和结果",
        "升级可暂停、可追溯",
        OPERATORS,
        {"stage": "批次", "position": "次序", "attempts": _TRIED, "seconds": "用时（秒）"},
    ),
    Table(
        "tenants.DriftFinding",
        "结构核对",
        "数据表结构与模板的差别，不含数据",
        "防止结构被改动",
        OPERATORS,
        {"differences": "差别所在的表和列"},
    ),
    Table(
        "tenants.PeriodicWork",
        "定时任务",
        "各项定时任务的下次时间和结果",
        "按时完成核对、备份等任务",
        NOBODY,
        {"attempts": _TRIED, "last_seconds": "上次用时（秒）"},
    ),
    Table(
        "tenants.QueuedWork",
        "排队任务",
        "等待处理的任务名称和参数（编号）",
        "任务不丢、不重",
        NOBODY,
        {"arguments": "任务参数，只有编号", "attempts": _TRIED},
    ),
    Table("tenants.Served", "任务轮次", "最近一次轮到本单位的时间", "各单位公平排队", NOBODY, {}),
    Table(
        "people.Affiliation",
        "登录标记",
        "成员（入党申请人为其材料）编号，手机号和证件号的不可逆标记；不含号码本身",
        "党员、入党申请人凭手机号找到自己的单位",
        NOBODY,
        {},
    ),
    Table("people.Session", "登录会话", "谁在哪种设备登录、何时退出", "保证登录安全", "本人", {}),
    Table(
        "people.Invitation",
        "管理员邀请",
        "加密的姓名和手机号、角色、有效期",
        "邀请管理员",
        "本单位管理员",
        {},
    ),
    Table(
        "people.SecurityEvent",
        "安全事件",
        "登录失败、锁定等事件",
        "发现攻击",
        "平台安全管理员、审计管理员",
        {"data": "事件的补充说明，不含号码"},
    ),
    Table(
        "exchange.Address", "接收目录", "单位和最高党组织的名称、代码", "在线转接", "其他单位", {}
    ),
    Table(
        "exchange.Parcel", "单位间消息", "密文，送达即清除", "转接", OPERATORS, {"attempts": _TRIED}
    ),
    Table(
        "support.Access",
        "支持访问",
        "申请人、事由、范围、时长、答复和起止时间，页面数；不含看了什么",
        "平台人员须经本单位同意才能进入",
        "平台运营人员、安全管理员、审计管理员",
        {
            "asked_hours": "申请的小时数",
            "hours": "同意的小时数",
            "pages": "查看的页面数",
            "writes": "提交次数",
            "refusals": "被阻止的次数",
        },
    ),
    Table(
        "delivery.Message",
        "短信",
        "加密的手机号和内容、发送结果",
        "发送验证码和通知",
        NOBODY,
        {"attempts": _TRIED},
    ),
    Table(
        "payments.ChannelConfig",
        "收款账户配置",
        "商户号和加密的密钥",
        "党费直接进入本单位账户",
        "本单位管理员",
        {},
    ),
    Table(
        "payments.Order",
        "支付订单",
        "订单号、金额、状态、交费人编号；不含姓名",
        "与支付渠道核对",
        "本单位；平台运营人员只看合计",
        {"amount_fen": "订单金额（分）", "ask_count": "向渠道查询的次数"},
    ),
    Table(
        "payments.OrderItem",
        "订单明细",
        "订单对应的账单编号和金额",
        "与支付渠道核对",
        "本单位",
        {"amount_fen": "金额（分）"},
    ),
    Table(
        "payments.ChannelEvent",
        "支付通知",
        "渠道通知的单号、金额和时间",
        "每笔到账只记一次",
        "本单位",
        {"amount_fen": "金额（分）", "headers": "通知的签名信息", "attempts": _TRIED},
    ),
    Table(
        "payments.Refund",
        "退款",
        "退款单号、金额、进度、申请人和复核人的编号；不含姓名和事由",
        "由两人办理，款项只退一次",
        "本单位",
        {
            "paid_fen": "原支付金额（分）",
            "amount_fen": "退款金额（分）",
            "ask_count": "向渠道查询的次数",
        },
    ),
    Table(
        "reconciliation.Run",
        "渠道账单",
        "每个收款账户每天的账单：笔数、合计和核对进度",
        "逐日核对渠道与平台的账",
        "本单位；平台运营人员只看笔数和差异",
        {
            "line_count": "账单行数",
            "in_fen": "收入合计（分）",
            "out_fen": "支出合计（分）",
            "fee_fen": "手续费合计（分）",
            "balance_fen": "账户结余（分）",
            "books_fen": "账面余额（分）",
            "payouts": "渠道划出的单号、金额和时间",
            "attempts": _TRIED,
        },
    ),
    Table(
        "reconciliation.Line",
        "渠道账单明细",
        "渠道账单中的订单号、金额和时间；不含姓名",
        "每一笔都与平台订单核对",
        "本单位",
        {"number": "行号", "amount_fen": "金额（分）", "fee_fen": "手续费（分）"},
    ),
    Table(
        "reconciliation.Case",
        "对账差异",
        "差异的类别、金额、处理结果和处理人；不含党员姓名",
        "差异逐笔处理、留痕",
        "本单位；平台运营人员只看类别和金额",
        {
            "amount_fen": "差额（分）",
            "ours_fen": "平台金额（分）",
            "theirs_fen": "渠道金额（分）",
        },
    ),
    Table(
        "onboarding.Opening", "开通登记", "协议期限、加密的联系人、负责人", "跟进开通", STAFF, {}
    ),
    Table(
        "onboarding.RosterImport",
        "名册导入记录",
        "行数、合计和结果；名册内容加密存放在本单位",
        "导入可核对、可续传、可撤销",
        STAFF,
        {
            "size": "文件大小（字节）",
            "organization_count": "组织数",
            "new_organization_count": "新增组织数",
            "accepted_count": "可导入人数",
            "rejected_count": "退回行数",
            "skipped_count": "跳过行数",
            "warning_count": "提醒数",
            "known_elsewhere_count": "在其他单位也有登记的人数",
            "monthly_dues_fen": "月标准合计（分）",
            "done_rows": "已处理行数",
            "made_count": "新增人数",
            "made_dues_fen": "新增人员月标准合计（分）",
            "already_known_count": "原有人数",
            "attempts": _TRIED,
        },
    ),
    Table(
        "onboarding.BatchRow",
        "批量开通中的一行",
        "登记内容（加密）和结果",
        "批量开通可续办",
        STAFF,
        {"number": "行号", "faults": "填写有误之处", "attempts": _TRIED},
    ),
    Table(
        "onboarding.Event",
        "开通时间线",
        "谁在什么时候办了哪一步",
        "留下依据",
        STAFF,
        {"data": "人数、行数等数字，不含姓名"},
    ),
    Table(
        "onboarding.Closing",
        "注销办理",
        "申请、确认、步骤和证明",
        "注销有据可查",
        STAFF,
        {
            "blocked": "不能注销的原因",
            "steps": "已完成的步骤",
            "counts": "销毁的行数和文件数",
            "document": "注销证明的内容",
        },
    ),
)
