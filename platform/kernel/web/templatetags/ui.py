"""Template tags of the design system; the gallery page shows each of them at work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import segno
from django import template
from django.core.paginator import Page
from django.forms import BoundField, Widget, widgets
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel import clock
from kernel.clock import BEIJING, Month
from kernel.masks import masked
from kernel.money import yuan as yuan_text
from kernel.web.vocabulary import ORGANISATION_KINDS, PROBLEMS, STATUSES, Status

register = template.Library()

NOTHING = "—"
KIB = 1024


@register.simple_tag
@lru_cache(maxsize=1024, typed=True)  # safe text and plain text are told apart
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """An icon of the sprite; decorative unless ``label`` gives it a name."""
    href = f"{static('ui/icons.svg')}#{name}"
    classes = f"icon {css}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>',
            classes,
            label,
            href,
        )
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}"></use></svg>',
        classes,
        href,
    )


@register.simple_tag
def qr(text: str, label: str = "二维码") -> SafeString:
    """``text`` as a QR code, drawn with attributes only, as the content security policy asks.

    Dark on light in every theme, for a camera to read; ``label`` says what it is for.
    """
    drawn = segno.make(str(text), error="m", micro=False).svg_inline(
        border=2, svgclass=None, lineclass=None, omitsize=True, light="#fff"
    )
    return format_html(
        '<span class="qr" role="img" aria-label="{}">{}</span>', label, SafeString(drawn)
    )


@register.simple_tag
@lru_cache(maxsize=1024, typed=True)  # safe text and plain text are told apart
def status(key: str, text: str = "", tone: str = "") -> SafeString:
    """A state as icon, words and colour; ``text`` and ``tone`` override what the key says."""
    shown = STATUSES.get(str(key), Status(str(key), "mute", "point"))
    return format_html(
        '<span class="badge-s badge-{}">{}{}</span>',
        tone or shown.tone,
        icon(shown.icon),
        text or shown.text,
    )


@register.simple_tag
def organisation_kind(kind: str) -> SafeString:
    """The one-character mark of an organisation's type, with its full name for readers."""
    mark, name = ORGANISATION_KINDS.get(str(kind), ("支", "党支部"))
    return format_html(
        '<span class="org-kind org-{}" title="{}"><span aria-hidden="true">{}</span>'
        '<span class="sr-only">{}</span></span>',
        kind,
        name,
        mark,
        name,
    )


@register.simple_tag(takes_context=True)
def html_attributes(context: template.Context) -> SafeString:
    """Theme and letter size of this browser, from its cookies, so that nothing jumps."""
    cookies = getattr(context.get("request"), "COOKIES", {})
    theme = cookies.get("theme")
    attributes = SafeString("")
    if theme in {"light", "dark"}:
        attributes += format_html(' data-bs-theme="{}"', theme)
    if cookies.get("care") == "1":
        attributes += SafeString(' data-care="1"')
    return attributes


@register.simple_tag(takes_context=True)
def hidden_columns(context: template.Context, table: str, default: str = "") -> str:
    """Numbers of the columns this browser hides in ``table`` (cookie ``cols.<table>``)."""
    cookies = getattr(context.get("request"), "COOKIES", {})
    chosen = cookies.get(f"cols.{table}")
    if chosen is None:
        return default
    return " ".join(part for part in chosen.split(".") if part.isdigit())


@register.simple_tag(takes_context=True)
def row_height(context: template.Context) -> str:
    """``tight``, ``normal`` or ``loose`` (cookie ``rows``)."""
    chosen = getattr(context.get("request"), "COOKIES", {}).get("rows", "")
    return chosen if chosen in {"tight", "loose"} else "normal"


@register.simple_tag(takes_context=True)
def current_entry(context: template.Context, nav: Sequence[Mapping[str, Any]] | None) -> str:
    """Address of the navigation entry this page belongs to: the longest that begins its path."""
    path = getattr(context.get("request"), "path", "")
    entries = [item for group in nav or () for item in group["items"]]
    for item in entries:
        if item.get("is_current"):
            return str(item["url"])
    homes = [item["url"] for item in entries if path == item["url"]]
    above = [
        item["url"] for item in entries if len(item["url"]) > 1 and path.startswith(item["url"])
    ]
    return max([*homes, *above], key=len, default="")


@register.filter
def yuan(fen: int | None) -> str:
    """Fen as yuan: 12900 -> ``129.00``; nothing -> a dash."""
    return NOTHING if fen is None else yuan_text(fen)


@register.simple_tag
def money(fen: int | None) -> SafeString:
    """Fen as an amount with the currency sign, in figures of equal width."""
    if fen is None:
        return SafeString(NOTHING)
    sign = "-" if fen < 0 else ""
    return format_html('<span class="num">{}¥{}</span>', sign, yuan_text(abs(fen)))


@register.filter
def month_label(month: int | str | Month | None) -> str:
    """202611 -> ``2026 年 11 月``."""
    if month is None:
        return NOTHING
    if isinstance(month, Month):
        return month.label
    return Month(month).label if isinstance(month, int) else Month.parse(month).label


_BEIJING_FORMATS = {
    "minute": "%Y-%m-%d %H:%M",
    "second": "%Y-%m-%d %H:%M:%S",
    "day": "%Y-%m-%d",
    "time": "%H:%M",
    "short": "%m-%d %H:%M",
}


@register.filter
def beijing(moment: dt.datetime | str | None, form: str = "minute") -> str:
    """A moment by the Beijing clock: minute, second, day, time or short.

    A dash for none, and for the empty text that a template makes of a missing value.
    """
    if moment is None or isinstance(moment, str):
        return NOTHING
    return moment.astimezone(BEIJING).strftime(_BEIJING_FORMATS[form])


@register.filter
def time_left(moment: dt.datetime) -> str:
    """How long until then, to the minute: ``2 小时 13 分``."""
    minutes = max(0, int((moment - clock.now()).total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    told = f"{days} 天 " if days else ""
    return f"{told}{hours} 小时 {minutes % 60} 分" if minutes >= 60 else f"{minutes} 分"


@register.filter
def dash(value: object) -> object:
    """The value, or a dash where there is none; zero is a value."""
    return NOTHING if value is None or value == "" else value


@register.filter
def grouped(number: int | None) -> str:
    """1286430 -> ``1,286,430``."""
    return NOTHING if number is None else f"{number:,}"


@register.filter
def rate_label(basis_points: int) -> str:
    """Basis points as a percentage: 150 -> ``1.5%``."""
    return f"{basis_points / 100:g}%"


@register.filter
def of_total(part: int, total: int) -> str:
    """A share in percent, one decimal: 37 of 486 -> ``7.6%``; of nothing -> a dash."""
    return f"{part * 100 / total:.1f}%" if total else NOTHING


@register.filter
def mask_phone(phone: str) -> str:
    """13800001234 -> ``138****1234``."""
    return masked(phone or "") or NOTHING


@register.filter
def mask_id(number: str) -> str:
    """320300196007014217 -> ``320***********4217``."""
    return masked(number or "") or NOTHING


@register.filter
def initial(name: str) -> str:
    """The character shown in the round mark of a person."""
    return name.strip()[:1] if name else "·"


@register.filter
def file_size(size: int) -> str:
    """Bytes for people: 1536 -> ``1.5 KB``."""
    if size < KIB:
        return f"{size} B"
    return f"{size / KIB:.1f} KB" if size < KIB * KIB else f"{size / KIB / KIB:.1f} MB"


@register.filter
def measured_size(size: int) -> str:
    """``file_size``; a dash where nothing was measured yet: what is in use has a size."""
    return file_size(size) if size else NOTHING


@register.filter
def page_numbers(page: Page[Any]) -> Sequence[int | None]:
    """Page numbers to offer; None stands for a gap."""
    return [
        number if isinstance(number, int) else None
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    ]


@register.inclusion_tag("web/parts/sort_header.html", takes_context=True)
def sort_header(
    context: template.Context, key: str, label: str, column: str = "", numeric: bool = False
) -> dict[str, Any]:
    """A sortable table head: ``?sort=key`` then ``?sort=-key``; says so in ``aria-sort``."""
    request = context["request"]
    current = context.get("sort") or request.GET.get("sort", "")
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    query = request.GET.copy()
    query.pop("page", None)
    query["sort"] = f"-{key}" if direction == "ascending" else key
    return {
        "label": label,
        "column": column,
        "is_numeric": numeric,
        "direction": direction,
        "href": f"?{query.urlencode()}",
    }


def _widget_class(widget: Widget) -> str:
    if isinstance(widget, (widgets.RadioSelect, widgets.CheckboxSelectMultiple)):
        return ""
    if isinstance(widget, widgets.CheckboxInput):
        return "form-check-input"
    if isinstance(widget, (widgets.Select, widgets.SelectMultiple)):
        return "form-select"
    return "form-control"


@register.simple_tag
def widget(field: BoundField, **attributes: Any) -> SafeString:
    """The input of a field, dressed and tied to its help and its error for screen readers."""
    shown = field.field.widget
    classes = " ".join(filter(None, (shown.attrs.get("class"), _widget_class(shown))))
    attrs = {name.replace("_", "-"): value for name, value in attributes.items()}
    if classes:
        attrs["class"] = f"{classes} {attrs.get('class', '')}".strip()
    if field.errors:
        attrs["aria-invalid"] = "true"
    described = [f"{field.auto_id}_help"] if field.help_text else []
    described += [f"{field.auto_id}_error"] if field.errors else []
    if described and "aria-describedby" not in shown.attrs:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


@register.inclusion_tag("web/forms/labelled.html")
def field(
    field: BoundField, unit: str = "", css: str = "", mark_optional: bool = False, **attributes: Any
) -> dict[str, Any]:
    """One form field: label on top, unit behind the box, help and error under it."""
    return {
        "field": field,
        "unit": unit,
        "css": css,
        "mark_optional": mark_optional,
        "widget_html": widget(field, **attributes),
        "is_checkbox": isinstance(field.field.widget, widgets.CheckboxInput),
        "is_choice_set": isinstance(
            field.field.widget, (widgets.RadioSelect, widgets.CheckboxSelectMultiple)
        ),
    }


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    """A value of a mapping by a key known only to the template."""
    return mapping.get(key)


@register.filter
def problem_title(status: int | str) -> str:
    """What an error page says happened; words given by the caller pass unchanged."""
    return status if isinstance(status, str) else PROBLEMS.get(status, PROBLEMS[500])[0]


@register.filter
def problem_advice(status: int | str) -> str:
    """What an error page says to do; words given by the caller pass unchanged."""
    return status if isinstance(status, str) else PROBLEMS.get(status, PROBLEMS[500])[1]


@register.filter
def split(words: str) -> list[str]:
    """``"20 50 100"`` as a list."""
    return words.split()


@register.filter
def has_word(words: str, word: object) -> bool:
    """Whether ``word`` is one of the blank-separated ``words``."""
    return str(word) in words.split()


@register.filter
def share_of(part: float, total: float) -> str:
    """A width or height in percent for drawings, the same in every locale."""
    return f"{min(100.0, part * 100 / total):.2f}" if total else "0"


@register.filter
def gap_above(part: float, total: float) -> str:
    """What is left above a column of that share."""
    return f"{100 - float(share_of(part, total)):.2f}"


@register.filter
def brand(product_name: str) -> str:
    """The name itself of ``name · motto``."""
    return product_name.partition(" · ")[0]


@register.filter
def brand_tail(product_name: str) -> str:
    """What follows the name in ``name · motto``; nothing where there is no motto."""
    return product_name.partition(" · ")[2]
