"""Bills as channels write them, of rows that a test names."""

from __future__ import annotations

import io
import zipfile

MCHID = "1900000001"
SELLER = "2088111122223333"
WECHAT = [
    "交易时间",
    "公众账号ID",
    "商户号",
    "特约商户号",
    "设备号",
    "微信订单号",
    "商户订单号",
    "用户标识",
    "交易类型",
    "交易状态",
    "付款银行",
    "货币种类",
    "应结订单金额",
    "代金券金额",
    "微信退款单号",
    "商户退款单号",
    "退款金额",
    "充值券退款金额",
    "退款类型",
    "退款状态",
    "商品名称",
    "商户数据包",
    "手续费",
    "费率",
    "订单金额",
    "申请退款金额",
    "费率备注",
]
WECHAT_TOTALS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
ALIPAY = [
    "支付宝交易号",
    "商户订单号",
    "业务类型",
    "商品名称",
    "创建时间",
    "完成时间",
    "门店编号",
    "门店名称",
    "操作员",
    "终端号",
    "对方账户",
    "订单金额（元）",
    "商家实收（元）",
    "支付宝红包（元）",
    "集分宝（元）",
    "支付宝优惠（元）",
    "商家优惠（元）",
    "券核销金额（元）",
    "券名称",
    "商家红包消费金额（元）",
    "卡消费金额（元）",
    "退款批次号/请求号",
    "服务费（元）",
    "分润（元）",
    "备注",
]
ALIPAY_TOTALS = "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,服务费（元）"


def yuan(fen):
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def payment(n=1, fen=12_900, **other):
    """A payment; ``other`` replaces values by the names of their columns."""
    return {
        "交易时间": "2026-11-21 09:30:00", "商户号": MCHID, "微信订单号": f"4200{n:024d}",
        "商户订单号": f"GJ{n:014d}", "交易状态": "SUCCESS", "货币种类": "CNY",
        "应结订单金额": yuan(fen), "微信退款单号": "0", "商户退款单号": "0",
        "商品名称": "党费，11 月", "手续费": "0.00000", "订单金额": yuan(fen),
        "申请退款金额": "0.00", **other,
    }  # fmt: skip


def refund(n=1, fen=12_900, **other):
    back = {"交易状态": "REFUND", "微信退款单号": f"5030{n}", "商户退款单号": f"GR{n:014d}"}
    return payment(n, 0, **back, 申请退款金额=yuan(fen), **other)


def wechat(rows, *, columns=WECHAT, totals=None, end="\r\n", bom=False):
    """A trade bill; its totals are those of the rows unless given."""
    if totals is None:
        paid = sum(fen_of(row["订单金额"]) for row in rows)
        back = sum(fen_of(row["申请退款金额"]) for row in rows)
        totals = [f"{len(rows)}.0", yuan(paid), yuan(back), "0.00", "0.00000", yuan(paid)]
        totals.append(yuan(back))
    lines = [",".join(columns)]
    lines += [",".join(f"`{row.get(name, '')}" for name in columns) for row in rows]
    lines += [WECHAT_TOTALS, ",".join(f"`{value}" for value in totals)]
    return (end.join(lines) + end).encode("utf-8-sig" if bom else "utf-8")


def fen_of(text):
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part or 0)


def alipay_row(n=1, fen=12_900, **other):
    return {
        "支付宝交易号": f"2026112122{n:018d}", "商户订单号": f"GJ{n:014d}", "业务类型": "交易",
        "商品名称": "党费", "创建时间": "2026-11-21 09:29:00", "完成时间": "2026-11-21 09:30:00",
        "订单金额（元）": yuan(fen), "退款批次号/请求号": "", "服务费（元）": "0.00", **other,
    }  # fmt: skip


def alipay(rows, *, encoding="gbk", is_whole=True, totals=None):
    """A zip of both files, padded with tabs and with banners, names in GBK."""
    detail = ["#支付宝业务明细查询", f"#账号：[{SELLER}0156]", "#-----业务明细列表开始-----"]
    detail.append(",".join(ALIPAY))
    detail += [",".join(f"{row.get(name, '')}\t" for name in ALIPAY) for row in rows]
    if is_whole:
        detail.append("#-----业务明细列表结束-----")
    back = [row for row in rows if row["业务类型"] == "退款"]
    net = sum(
        -fen_of(r["订单金额（元）"][1:]) if r in back else fen_of(r["订单金额（元）"]) for r in rows
    )
    sums = totals or ["合计", "", str(len(rows) - len(back)), str(len(back)), yuan(net), "0.00"]
    summary = ["#支付宝业务汇总查询", ALIPAY_TOTALS, ",".join(f"{one}\t" for one in sums)]
    summary.append("#-----业务汇总列表结束-----")
    return zipped(
        {
            "20881234_20261121_业务明细.csv": "\r\n".join(detail).encode(encoding),
            "20881234_20261121_业务明细(汇总).csv": "\r\n".join(summary).encode("gbk"),
        }
    )


def zipped(files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(_NamedInGbk(name), content)
    return target.getvalue()


class _NamedInGbk(zipfile.ZipInfo):
    """The library writes names in ASCII or UTF-8 only."""

    def _encodeFilenameFlags(self):
        return self.filename.encode("gbk"), self.flag_bits
