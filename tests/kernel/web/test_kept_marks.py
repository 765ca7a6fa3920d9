"""Marks are made once and kept; what is safe text for one caller is escaped for another."""

from django.utils.safestring import mark_safe

from kernel.web.templatetags.ui import icon, measured_size, status

TEXT = "<b>加粗</b>"


def test_plain_text_is_escaped_after_the_same_text_was_given_as_safe():
    assert TEXT in status("open", mark_safe(TEXT))
    assert TEXT not in status("open", TEXT)
    assert TEXT not in icon("x", label=TEXT)


def test_what_was_never_measured_has_no_size():
    assert measured_size(0) == "—"
    assert measured_size(1536) == "1.5 KB"
