"""What the gallery's pages are shown with; all names and numbers are invented."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from django import forms
from django.core.paginator import Paginator

AS_OF = dt.datetime(2026, 11, 21, 12, 5, tzinfo=dt.UTC)


class UnitForm(forms.Form):
    name = forms.CharField(label="单位名称", help_text="与公章一致的全称。")
    code = forms.CharField(label="统一社会信用代码", min_length=18)
    region = forms.ChoiceField(
        label="所在地区", choices=[("320300", "徐州市"), ("320100", "南京市")]
    )
    base = forms.DecimalField(label="月交费基数", decimal_places=2)
    agreed_on = forms.DateField(label="协议日期", widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(
        label="单位类型",
        widget=forms.RadioSelect,
        choices=[("enterprise", "企业"), ("agency", "机关")],
    )
    note = forms.CharField(label="备注", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    consent = forms.BooleanField(label="已核对授权书原件", required=False)


def shell(**more: Any) -> dict[str, Any]:
    """The frame's context of a unit administrator."""
    return {
        "product_name": "共建云",
        "tagline": "党务工作台",
        "unit": SimpleNamespace(name="彭城水务集团党委"),
        "actor": SimpleNamespace(name="林晓慧"),
        "role_label": "单位管理员",
        "scope_label": "全单位",
        "search_url": "/search/",
        "help_url": "/help/",
        "account_url": "/account/",
        "sign_out_url": "/sign-out/",
        "version": "0.1",
        "request_id": "019a5f3c7d1e",
        "csrf_token": "sample",
        "nav": [
            {"label": "", "items": [_entry("工作台", "/home/", "home")]},
            {
                "label": "组织与党员",
                "items": [
                    _entry("组织架构", "/organizations/", "sitemap"),
                    _entry("党员名册", "/members/", "users"),
                    _entry("名册导入", "/imports/", "table-import", 3),
                ],
            },
            {
                "label": "党费",
                "items": [
                    _entry("标准核定", "/dues/standards/", "coin-yuan"),
                    _entry("收缴台账", "/dues/", "building-bank"),
                ],
            },
            {
                "label": "治理",
                "items": [
                    _entry("人员与权限", "/access/", "shield-lock"),
                    _entry("操作记录", "/audit/", "history"),
                ],
            },
        ],
        **more,
    }


def _entry(label: str, url: str, icon: str, count: int = 0) -> dict[str, Any]:
    return {"label": label, "url": url, "icon": icon, "count": count}


def parts() -> dict[str, Any]:
    """Everything gallery.html shows."""
    form = UnitForm(
        {"name": "彭城水务集团有限公司", "code": "91320300", "base": "8600", "kind": "enterprise"}
    )
    form.is_valid()
    return shell(
        title="组件一览",
        crumbs=[{"label": "首页", "url": "/"}, {"label": "组件一览"}],
        scope="示例数据",
        as_of=AS_OF,
        form=form,
        steps=[{"label": name, "url": "#"} for name in ("登记单位", "上传名册", "核对", "开通")],
        stages=[
            {"label": "意向登记", "value": 312, "url": "#"},
            {"label": "协议签署", "value": 241},
            {"label": "名册导入", "value": 187},
            {"label": "试运行", "value": 126},
            {"label": "本月开通", "value": 98},
        ],
        bars=[
            {"label": f"{month} 月", "value": value, "text": value}
            for month, value in zip(range(6, 12), (396, 401, 388, 407, 413, 372), strict=True)
        ],
        tasks=[
            {"title": "设置密码和动态口令", "is_done": True},
            {"title": "核对组织架构", "text": "共 29 个党组织", "is_done": True},
            {
                "title": "指定支部书记",
                "text": "还有 7 个支部没有书记",
                "url": "#",
                "action": "去指定",
            },
            {"title": "生成 11 月账单", "text": "应交 486 人", "url": "#", "action": "去生成"},
        ],
        entries=[
            {"at": AS_OF, "title": "交纳 11 月党费 ¥129.00", "text": "微信支付", "tone": "ok"},
            {"at": AS_OF - dt.timedelta(days=20), "title": "生成 11 月账单", "tone": "now"},
            {"at": AS_OF - dt.timedelta(days=90), "title": "导入名册", "text": "第 18 行"},
        ],
        states=("paid", "unpaid", "processing", "exempt", "open", "failed", "expired", "draft"),
        toll=[("将移除党员", "486 人"), ("将移除组织", "29 个"), ("已交党费", "保留")],
    )


_PEOPLE = """
李建国 第一水厂党支部 正式党员 支部书记 2008-07-01 12900 paid -
周海燕 水质检测中心党支部 正式党员 组织委员 2012-06-28 11025 paid -
王晓峰 管网运维党支部 正式党员 - 2015-12-03 18750 overdue 逾期_2_个月
赵敏 营业所联合党支部 预备党员 - 2026-03-18 4800 unpaid -
陈立新 第二水厂党支部 正式党员 副书记 2003-05-20 24960 processing 支付确认中
欧阳春梅 客户服务党支部 正式党员 宣传委员 2010-09-15 9675 paid -
孙国强 二次供水党支部 正式党员 - 1998-06-30 1475 unpaid -
郑和平 第一水厂党支部 正式党员 - 1986-10-01 - exempt -
黄志远 管网运维党支部 正式党员 纪检委员 2017-07-01 13500 paid -
马文静 水质检测中心党支部 正式党员 - 2019-11-22 10200 unpaid -
徐立波 营业所联合党支部 正式党员 - 2014-04-09 8850 paid -
吴倩 客户服务党支部 预备党员 - 2026-06-30 4500 paid -
"""


def _member(line: str, index: int) -> dict[str, Any]:
    name, branch, kind, post, joined, fen, state, text = (
        "" if word == "-" else word.replace("_", " ") for word in line.split()
    )
    years = AS_OF.year - int(joined[:4])
    return {
        "name": name,
        "branch": branch,
        "kind": kind,
        "post": post,
        "joined": joined,
        "years": f"党龄 {years} 年" if years else "党龄不满 1 年",
        "fen": int(fen) if fen else None,
        "state": state,
        "state_text": text,
        "number": f"32030019{60 + index}0701{4217 + index}",
        "phone": f"1380000{4217 + index}",
        "is_picked": index in {0, 2, 6},
    }


def _members() -> list[dict[str, Any]]:
    return [_member(line, index) for index, line in enumerate(_PEOPLE.split("\n")[1:-1])]


def _org(
    label: str, kind: str, count: int, *children: dict[str, Any], **more: Any
) -> dict[str, Any]:
    return {
        "label": label,
        "kind": kind,
        "count": count,
        "url": "#",
        "children": list(children),
        **more,
    }


def _tree() -> list[dict[str, Any]]:
    water = _org(
        "供水分公司党委", "committee", 486,
        _org("第一水厂党支部", "branch", 64),
        _org("第二水厂党支部", "branch", 58, flag="还没有书记"),
        _org("水质检测中心党支部", "branch", 43),
        _org("管网运维党支部", "branch", 92),
        _org("营业所联合党支部", "branch", 91, flag="还没有书记"),
        is_selected=True, is_expanded=True,
    )  # fmt: skip
    lazy = {"has_children": True, "children_url": "/organizations/2/children/"}
    return [
        _org(
            "彭城水务集团党委", "committee", 1286,
            _org("机关党总支", "general", 214, **lazy),
            water,
            _org("排水分公司党总支", "general", 251, **lazy),
            _org("工程建设公司党支部", "branch", 88),
            _org("流动党员党支部", "branch", 17),
            is_expanded=True,
        )
    ]  # fmt: skip


def member_list() -> dict[str, Any]:
    """Everything gallery/list.html shows."""
    names = ("姓名", "所在支部", "类别与职务", "入党日期", "月标准", "本月党费", "手机号")
    return shell(
        title="供水分公司党委 · 党员名册",
        crumbs=[
            {"label": "组织与党员", "url": "/organizations/"},
            {"label": "党员名册", "url": "/members/"},
            {"label": "供水分公司党委"},
        ],
        scope="含下级 5 个党支部",
        as_of=AS_OF,
        tree=_tree(),
        page_obj=Paginator(_members() * 41, 12).get_page(1),
        columns=[
            {"number": number, "label": name, "is_fixed": number == 1}
            for number, name in enumerate(names, start=1)
        ],
        views=[
            {"label": "全部", "count": 486, "url": "?", "is_current": True},
            {"label": "正式党员", "count": 463, "url": "?view=full"},
            {"label": "预备党员", "count": 15, "url": "?view=probationary"},
            {"label": "本月未交", "count": 37, "url": "?view=unpaid"},
            {"label": "资料待完善", "count": 23, "url": "?view=incomplete"},
        ],
        chips=[
            {"label": "入党日期 1980-01-01 至今", "url": "?a"},
            {"label": "状态 在册", "url": "?b"},
        ],
        bulk_actions=[
            {"label": "提醒交纳", "icon": "send", "name": "act", "value": "remind"},
            {"label": "导出所选", "icon": "download", "name": "act", "value": "export"},
        ],
        toasts=[{"text": "已将 2 名党员转入「第二水厂党支部」", "undo": "/moves/1/undo/"}],
    )


def due() -> dict[str, Any]:
    """Everything gallery/due.html shows."""
    return shell(
        title="交纳党费",
        back_url="/m/",
        is_open=True,
        bills=[
            {"month": 202611, "fen": 12900, "is_picked": True},
            {
                "month": 202610,
                "fen": 12900,
                "is_picked": True,
                "is_late": True,
                "note": "逾期 21 天，可补交",
            },
        ],
        bands=[
            {"text": "3,000 元（含）以下", "rate": 50},
            {"text": "3,000 元至 5,000 元（含）", "rate": 100},
            {"text": "5,000 元至 10,000 元（含）", "rate": 150, "is_hit": True},
            {"text": "10,000 元以上", "rate": 200},
        ],
        ways=[
            {
                "key": "wechat",
                "label": "微信支付",
                "text": "推荐在微信内使用",
                "icon": "brand-wechat",
                "tone": "wechat",
                "is_picked": True,
            },
            {
                "key": "bank",
                "label": "手机银行",
                "text": "跳转银行客户端完成",
                "icon": "building-bank",
            },
        ],
    )


def done() -> dict[str, Any]:
    """Everything gallery/done.html shows."""
    return shell(
        title="交纳结果",
        back_url="/m/",
        tabs=[
            {"label": "首页", "url": "/m/", "icon": "home", "is_current": True},
            {"label": "党费", "url": "/m/dues/", "icon": "coin-yuan"},
            {"label": "学习", "url": "/m/cards/", "icon": "notebook"},
            {"label": "我的", "url": "/m/me/", "icon": "user"},
        ],
        receipt={
            "number": "2026-1121-0000182",
            "fen": 25800,
            "capitals": "贰佰伍拾捌元整",
            "paid_at": AS_OF,
            "name": "李建国",
            "organisation": "第一水厂党支部",
            "way": "微信支付",
            "months_label": "2026 年 10 月、11 月",
            "channel_number": "4200002611202611210000182",
        },
    )


PAGES = {
    "web/gallery.html": parts,
    "web/gallery/list.html": member_list,
    "web/gallery/due.html": due,
    "web/gallery/done.html": done,
}
