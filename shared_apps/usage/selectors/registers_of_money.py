"""The words of 「平台看到了我们什么」, second part: shared tables of payments and settlement."""

from __future__ import annotations

from typing import Final

from shared_apps.usage.selectors.wording import Table

_TRIED: Final = "处理时已尝试的次数"
SETTLERS: Final = "本单位；银行的结算经办和复核人员"
MONEY: Final = (
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
        "reconciliation.Statement",
        "银行对账单",
        "专户对账单的起止日期、期初期末余额和上传人",
        "银行存款与账面逐月核对",
        "本单位",
        {
            "opening_fen": "期初余额（分）",
            "closing_fen": "期末余额（分）",
            "entry_count": "笔数",
        },
    ),
    Table(
        "reconciliation.Entry",
        "银行对账单明细",
        "专户每笔收支的流水号、日期、金额、对方户名和摘要",
        "每一笔都与账面核对",
        "本单位",
        {"amount_fen": "金额（分）"},
    ),
    Table(
        "settlement.Account",
        "党费专户",
        "开户银行、户名、加密的账号和末四位，登记人和核对人",
        "把党费划到本单位的专户",
        SETTLERS,
        {},
    ),
    Table(
        "settlement.Policy",
        "结算方式",
        "结算方式、周期和起付金额",
        "按本单位选择的周期结算",
        SETTLERS,
        {"minimum_fen": "起付金额（分）"},
    ),
    Table(
        "settlement.Payout",
        "归集户款项",
        "渠道结算到归集户的单号、日期和金额",
        "逐笔结算到本单位",
        SETTLERS,
        {"amount_fen": "金额（分）"},
    ),
    Table(
        "settlement.Instruction",
        "结算指令",
        "划款的指令号、金额、状态和银行答复",
        "由两人办理，款项只划一次",
        SETTLERS,
        {"amount_fen": "金额（分）", "ask_count": "向银行查询的次数"},
    ),
    Table(
        "settlement.Line",
        "结算明细",
        "一笔结算包含哪些归集户款项",
        "每笔款项只结算一次",
        SETTLERS,
        {},
    ),
    Table(
        "proof.Finding",
        "账务核验结果",
        "每晚核验各项账务规则不符的处数和时间；不含姓名和金额",
        "账目对不上时尽早发现",
        "平台运营人员、审计管理员",
        {"violations": "不符的处数"},
    ),
    Table(
        "proof.Seal",
        "账目封存记录",
        "每晚新增分录的笔数和摘要值，不能还原内容",
        "账目被改动时能够发现",
        "仅供系统运行，没有查看页面",
        {"number": "序号", "lines": "分录笔数"},
    ),
)
