"""Files as they were handed in, on their way out."""

import pytest

from kernel.web.downloads import handed_in


@pytest.mark.parametrize(
    ("name", "kind", "way"),
    [
        ("照片.jpg", "image/jpeg", "inline"),
        ("决议.pdf", "application/pdf", "attachment"),
        ("图.svg", "image/svg+xml", "attachment"),
        ("页.html", "text/html", "attachment"),
        ("无名", "application/octet-stream", "attachment"),
    ],
)
def test_pictures_alone_are_shown_and_nothing_is_taken_for_something_else(name, kind, way):
    shown, saved = handed_in(b"x", name=name, is_shown=True), handed_in(b"x", name=name)
    assert shown["Content-Type"] == saved["Content-Type"] == kind
    assert shown["Content-Disposition"].startswith(f"{way}; filename*=UTF-8''%")
    assert saved["Content-Disposition"].startswith("attachment; ")
    for response in (shown, saved):
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "no-store"
