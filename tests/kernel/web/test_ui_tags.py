"""Template tags and filters: what people read."""

import datetime as dt

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory

from kernel.clock import Month
from kernel.web.templatetags import ui


def rendered(source, path="/", cookies=None, **context):
    factory = RequestFactory()
    factory.cookies.load(cookies or {})
    context["request"] = factory.get(path)
    return Template("{% load ui %}" + source).render(Context(context))


class TestValues:
    @pytest.mark.parametrize(
        ("source", "shown"),
        [
            ("{{ 123400|yuan }}", "1,234.00"),
            ("{{ None|yuan }}", "—"),
            ("{% money 12900 %}", '<span class="num">¥129.00</span>'),
            ("{% money -12900 %}", '<span class="num">-¥129.00</span>'),
            ("{% money None %}", "—"),
            ("{{ 202611|month_label }}", "2026 年 11 月"),
            ("{{ '2026-11'|month_label }}", "2026 年 11 月"),
            ("{{ 1286430|grouped }}", "1,286,430"),
            ("{{ None|grouped }}", "—"),
            ("{{ 150|rate_label }}", "1.5%"),
            ("{{ 50|rate_label }}", "0.5%"),
            ("{{ 200|rate_label }}", "2%"),
            ("{{ 37|of_total:486 }}", "7.6%"),
            ("{{ 0|of_total:0 }}", "—"),
            ("{{ ''|dash }}", "—"),
            ("{{ 0|dash }}", "0"),
            ("{{ '13800001234'|mask_phone }}", "138****1234"),
            ("{{ ''|mask_phone }}", "—"),
            ("{{ '320300196007014217'|mask_id }}", "320***********4217"),
            ("{{ ''|mask_id }}", "—"),
            ("{{ '李建国'|initial }}", "李"),
            ("{{ 1536|file_size }}", "1.5 KB"),
            ("{{ 12|file_size }}", "12 B"),
            ("{{ 52428800|file_size }}", "50.0 MB"),
            ("{{ 25|share_of:100 }} {{ 25|gap_above:100 }}", "25.00 75.00"),
        ],
    )
    def test_is_shown_as_people_write_it(self, source, shown):
        assert rendered(source) == shown

    def test_a_month_object_shows_its_label(self):
        assert ui.month_label(Month(202601)) == "2026 年 1 月"

    def test_a_moment_is_shown_by_the_beijing_clock(self):
        at = dt.datetime(2026, 11, 20, 16, 30, 5, tzinfo=dt.UTC)
        assert ui.beijing(at) == "2026-11-21 00:30"
        assert ui.beijing(at, "second") == "2026-11-21 00:30:05"
        assert ui.beijing(at, "day") == "2026-11-21"
        assert ui.beijing(None) == "—"


class TestStatus:
    def test_says_it_with_icon_words_and_colour(self):
        html = rendered("{% status 'overdue' '逾期 2 个月' %}")
        assert "badge-late" in html
        assert "#alert-triangle" in html
        assert "逾期 2 个月" in html

    def test_an_unknown_state_is_shown_and_escaped(self):
        assert "&lt;b&gt;" in rendered("{% status state %}", state="<b>")


class TestQr:
    def test_is_a_named_picture_without_inline_style(self):
        html = rendered('{% qr "https://x.test/c/1?a=1&b=2" "查验码" %}')
        assert 'role="img" aria-label="查验码"' in html
        assert "<svg" in html and "style=" not in html and 'class="segno"' not in html

    def test_escapes_its_label(self):
        assert "&lt;b&gt;" in rendered("{% qr 'x' label %}", label="<b>")

    def test_another_text_is_another_picture(self):
        assert rendered('{% qr "a" %}') != rendered('{% qr "b" %}')


class TestLookOfTheBrowser:
    def test_the_cookies_are_rendered_into_the_page(self):
        html = rendered("<html{% html_attributes %}>", cookies={"theme": "dark", "care": "1"})
        assert html == '<html data-bs-theme="dark" data-care="1">'

    def test_a_forged_cookie_is_ignored(self):
        html = rendered("<html{% html_attributes %}>", cookies={"theme": "x", "care": "yes"})
        assert html == "<html>"

    def test_hidden_columns_come_from_the_cookie_or_the_default(self):
        source = '{% hidden_columns "members" "7" %}'
        assert rendered(source) == "7"
        assert rendered(source, cookies={"cols.members": "4.x.9"}) == "4 9"
        assert rendered(source, cookies={"cols.members": ""}) == ""

    def test_an_unknown_row_height_is_the_normal_one(self):
        assert rendered("{% row_height %}", cookies={"rows": "huge"}) == "normal"


class TestSortHeader:
    source = '{% sort_header "name" "姓名" %}'

    def test_an_unsorted_column_offers_ascending_and_forgets_the_page(self):
        html = rendered(self.source, path="/?q=a&page=3")
        assert 'href="?q=a&amp;sort=name"' in html
        assert "aria-sort" not in html

    def test_an_ascending_column_says_so_and_offers_descending(self):
        html = rendered(self.source, path="/?sort=name")
        assert 'aria-sort="ascending"' in html
        assert 'href="?sort=-name"' in html

    def test_a_descending_column_says_so(self):
        assert 'aria-sort="descending"' in rendered(self.source, path="/?sort=-name")


class TestPageNumbers:
    def test_long_runs_are_elided(self):
        page = Paginator(range(1000), 10).get_page(50)
        assert list(ui.page_numbers(page)) == [1, None, 48, 49, 50, 51, 52, None, 100]


class Sample(forms.Form):
    amount = forms.IntegerField(label="金额", help_text="每月")
    kind = forms.ChoiceField(label="类型", widget=forms.RadioSelect, choices=[("a", "甲")])


class TestField:
    def test_label_help_and_error_belong_to_the_input(self):
        form = Sample({"amount": "x"})
        html = rendered("{% field form.amount unit='元/月' %}", form=form)
        assert '<label class="field-label" for="id_amount">' in html
        assert 'aria-describedby="id_amount_help id_amount_error"' in html
        assert 'aria-invalid="true"' in html
        assert 'id="id_amount_error"' in html
        assert "元/月" in html
        assert "必填" in html

    def test_a_group_of_choices_is_a_fieldset(self):
        html = rendered("{% field form.kind %}", form=Sample())
        assert "<fieldset" in html
        assert "<legend" in html

    def test_a_whole_form_has_an_error_summary_that_leads_to_the_fields(self):
        html = rendered("{{ form }}", form=Sample({"amount": "x", "kind": "a"}))
        assert 'role="alert"' in html
        assert 'href="#id_amount"' in html


class TestCurrentEntry:
    nav = (
        {"items": [{"url": "/"}, {"url": "/dues/"}]},
        {"items": [{"url": "/dues/standards/"}]},
    )
    source = "{% current_entry nav %}"

    def test_the_longest_address_wins(self):
        assert rendered(self.source, path="/dues/standards/7/", nav=self.nav) == "/dues/standards/"
        assert rendered(self.source, path="/dues/202611/", nav=self.nav) == "/dues/"

    def test_home_is_only_itself(self):
        assert rendered(self.source, path="/", nav=self.nav) == "/"
        assert rendered(self.source, path="/elsewhere/", nav=self.nav) == ""

    def test_a_page_may_say_where_it_belongs(self):
        nav = [{"items": [{"url": "/a/"}, {"url": "/b/", "is_current": True}]}]
        assert rendered(self.source, path="/a/", nav=nav) == "/b/"

    def test_without_navigation_there_is_none(self):
        assert rendered(self.source) == ""
