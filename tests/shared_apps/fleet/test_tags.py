"""What the templates of the operators' list are made with."""

from __future__ import annotations

import datetime as dt

from shared_apps.fleet.services.lines import Reason
from shared_apps.fleet.templatetags.fleet import ago, in_words, options

NOW = dt.datetime(2026, 11, 22, 20, 30, 15, tzinfo=dt.UTC)


def test_how_long_ago_says_the_moment_by_the_beijing_clock():
    assert ago(NOW - dt.timedelta(hours=6), NOW) == (
        '<time datetime="2026-11-22T22:30:15+08:00" title="2026-11-22 22:30">6 小时前</time>'
    )
    assert ago(None, NOW) == "—"


def test_reasons_in_one_line():
    reasons = [Reason("errors", "服务出错", "昨天以来 3 次"), Reason("quiet", "久无业务", "12 天")]
    assert in_words(reasons) == "服务出错：昨天以来 3 次；久无业务：12 天"
    assert in_words([]) == ""


def test_options_are_escaped():
    assert options(["彭城支行", '"><b>']) == (
        '<option value="彭城支行"></option><option value="&quot;&gt;&lt;b&gt;"></option>'
    )
    assert options([]) == ""
