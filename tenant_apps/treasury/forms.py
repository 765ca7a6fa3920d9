"""Shape of HTML input.  Nothing here saves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms

from kernel import papers
from kernel.papers import Upload
from shared_apps.settlement.selectors import Account
from tenant_apps.dues.forms import YuanField
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.banks import Bank
from tenant_apps.organizations.selectors import KnownOrganization
from tenant_apps.treasury.models import Direction, HandoverRole, Voucher, VoucherKind, Way
from tenant_apps.treasury.services.rules import Terms
from tenant_apps.treasury.services.vouchers import Decided, Entry

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_USES = [("", "请选择"), *((number, label) for number, label in chart.USES.items())]


class EntryForm(forms.Form):
    """What income and expenses have in common."""

    org = forms.ChoiceField(label="组织")
    bank = forms.ChoiceField(label="存款账户")
    amount = YuanField(label="金额")
    happened_on = forms.DateField(label="发生日期", widget=_DAY)
    summary = forms.CharField(label="摘要", max_length=120)

    def __init__(
        self,
        *args: Any,
        places: Sequence[KnownOrganization],
        banks: Sequence[Bank],
        today: dt.date,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("initial", {}).setdefault("happened_on", today)
        super().__init__(*args, **kwargs)
        self.places = {place.path: place for place in places}
        self.fields["org"].choices = [(p.path, p.name) for p in places]  # type: ignore[attr-defined]
        self.fields["bank"].choices = list(banks)  # type: ignore[attr-defined]

    def entry(self) -> Entry:
        """What the service takes."""
        values = self.cleaned_data
        return Entry(
            org=self.places[values["org"]],
            bank=values["bank"],
            amount_fen=values["amount"] or 0,
            happened_on=values["happened_on"],
            summary=values["summary"],
            use=values.get("use", ""),
            payee=values.get("payee", ""),
            earmark=values.get("earmark") or None,
        )


class IncomeForm(EntryForm):
    """Interest, an allocation, an opening balance."""

    kind = forms.ChoiceField(
        label="收入种类",
        choices=[
            (kind.value, kind.label)
            for kind in (VoucherKind.INTEREST, VoucherKind.ALLOCATION, VoucherKind.OPENING)
        ],
    )
    use = forms.ChoiceField(
        label="专项用途",
        choices=[("", "不限定用途"), *_USES[1:]],
        required=False,
        help_text="上级下拨时指定了用途的，选对应的一项；这笔钱只能用于该用途。",
    )
    field_order = ("kind", "org", "bank", "amount", "happened_on", "summary", "use")


class ExpenseForm(EntryForm):
    """An expense by one of the five uses."""

    use = forms.ChoiceField(label="使用项目", choices=_USES)
    payee = forms.CharField(label="收款人", max_length=60)
    earmark = forms.ChoiceField(label="从专项下拨列支", required=False)
    field_order = (
        "use", "org", "bank", "amount", "payee", "happened_on", "summary", "earmark",
    )  # fmt: skip

    def __init__(self, *args: Any, earmarks: Iterable[Voucher], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earmarks = {str(one.pk): one for one in earmarks}
        offered = [(key, f"{one.happened_on} {one.summary}") for key, one in self.earmarks.items()]
        found = self.fields["earmark"]
        found.choices = [("", "不从专项下拨列支"), *offered]  # type: ignore[attr-defined]

    def clean_earmark(self) -> Voucher | None:
        return self.earmarks.get(self.cleaned_data["earmark"])


class DecisionForm(forms.Form):
    """The collective decision behind an expense."""

    minute = forms.CharField(
        label="会议记录", max_length=120, help_text="会议名称和记录编号，如：支委会〔2026〕11 号。"
    )
    decided_on = forms.DateField(label="决议日期", widget=_DAY)
    present = forms.IntegerField(label="到会人数", min_value=1, max_value=9_999)
    scan = forms.FileField(label="会议记录扫描件", required=False, help_text=papers.HINT)

    def decided(self) -> Decided:
        """What the service takes."""
        values = self.cleaned_data
        return Decided(values["minute"], values["decided_on"], values["present"])

    def upload(self) -> Upload | None:
        """The scan as it came, no more than what shows that it is too large."""
        file = self.cleaned_data.get("scan")
        return Upload(file.name, file.read(papers.MOST_BYTES + 1)) if file else None


class HandoverForm(forms.Form):
    """What office is handed over, and where."""

    role = forms.ChoiceField(label="移交岗位", choices=HandoverRole.choices)
    org = forms.ChoiceField(label="范围", required=False)
    note = forms.CharField(
        label="交接说明",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="纸质凭证、印鉴、保险柜钥匙、网银盾等实物和未了事项写在这里，随清单打印。",
    )

    def __init__(self, *args: Any, places: Sequence[KnownOrganization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {place.path: place for place in places}
        offered = [(path, place.name) for path, place in self.places.items()]
        self.fields["org"].choices = [("", "整个单位"), *offered]  # type: ignore[attr-defined]

    def place(self) -> KnownOrganization | None:
        """None for the whole unit."""
        return self.places.get(self.cleaned_data["org"])


class ClaimForm(forms.Form):
    """Whose dues a stranger's money was; the service says what is wrong with a reason."""

    member = forms.UUIDField()
    reason = forms.CharField(required=False)


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(label="理由", max_length=100)


class RuleForm(forms.Form):
    """How a level hands up or returns."""

    direction = forms.ChoiceField(label="办理", choices=Direction.choices)
    depth = forms.IntegerField(
        label="层级", min_value=1, help_text="付出款项的组织在第几级，最上级为 1。"
    )
    way = forms.ChoiceField(label="计算方式", choices=Way.choices)
    percent = forms.DecimalField(
        label="比例", required=False, min_value=0, max_value=100, decimal_places=2,
        help_text="占本期所辖党员实交党费的百分之几，不含利息、大额党费和特殊党费。",
    )  # fmt: skip
    quota = YuanField(label="定额", required=False)
    keep = YuanField(label="留足余额", required=False, help_text="付出后至少留下的金额。")

    def terms(self) -> Terms:
        """What the service takes."""
        values = self.cleaned_data
        return Terms(
            way=values["way"],
            ratio_bp=int((values["percent"] or 0) * 100),
            quota_fen=values["quota"] or 0,
            keep_fen=values["keep"] or 0,
        )


class OrgRuleForm(RuleForm):
    """How one organisation hands up or returns, in the stead of its level."""

    org = forms.ChoiceField(label="组织")
    reach = forms.ChoiceField(
        label="适用范围", choices=[("one", "仅该组织"), ("below", "该组织及其全部下级")]
    )
    first = forms.DateField(label="从", widget=_DAY)
    last = forms.DateField(
        label="到", required=False, widget=_DAY, help_text="留空为长期。按办理期间的最后一天判断。"
    )
    field_order = (
        "org", "reach", "direction", "way", "percent", "quota", "keep", "first", "last",
    )  # fmt: skip

    def __init__(self, *args: Any, places: Sequence[KnownOrganization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["depth"]
        self.places = {place.path: place for place in places}
        self.fields["org"].choices = [(p.path, p.name) for p in places]  # type: ignore[attr-defined]

    def target(self) -> dict[str, Any]:
        """What the service takes besides the terms."""
        values = self.cleaned_data
        return {
            "direction": values["direction"],
            "place": self.places[values["org"]],
            "covers_below": values["reach"] == "below",
            "first": values["first"],
            "last": values["last"],
        }


class PeriodForm(forms.Form):
    """The days that a run is about."""

    direction = forms.ChoiceField(label="办理", choices=Direction.choices)
    first = forms.DateField(label="从", widget=_DAY)
    last = forms.DateField(label="到", widget=_DAY)


class PublishForm(forms.Form):
    note = forms.CharField(
        label="说明",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="随公示一起给党员看，可写明使用情况的说明和联系方式。",
    )


class CommentForm(forms.Form):
    text = forms.CharField(label="意见", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class AnswerForm(forms.Form):
    text = forms.CharField(
        label="答复", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_shown = forms.BooleanField(label="意见和答复对全体党员可见，不显示姓名", required=False)


class StatementForm(forms.Form):
    """A statement of one of the unit's accounts, as the bank exports it."""

    account = forms.TypedChoiceField(label="账户", coerce=UUID)
    file = forms.FileField(label="对账单文件")

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = accounts
        self.fields["account"].choices = [(row.pk, row.shown) for row in accounts]  # type: ignore[attr-defined]
