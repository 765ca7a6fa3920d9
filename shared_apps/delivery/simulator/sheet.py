"""The paper both simulators print their pages on: one quiet sheet, phone first, no script needed.

Everything a page needs is in the page itself, so that a simulator works without the asset build.
"""

from __future__ import annotations

from html import escape
from string import Template

HTML = "text/html; charset=utf-8"

_STYLE = """
:root{color-scheme:light dark;--ground:#f3f4f6;--sheet:#fff;--ink:#1b1f24;--soft:#57606a;
--line:#d8dee4;--main:#a61b1b;--main-ink:#fff;--note:#fff6dd;--note-ink:#5b4300;--good:#1a6b34}
@media (prefers-color-scheme:dark){:root{--ground:#14171a;--sheet:#1e2226;--ink:#eceff2;
--soft:#a9b3bd;--line:#39414a;--main:#f08a80;--main-ink:#2b0a07;--note:#3a3113;--note-ink:#f5dd9a;
--good:#7bd494}}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{-webkit-text-size-adjust:100%;font-size:100%}
body{margin:0;background:var(--ground);color:var(--ink);line-height:1.6;
font-family:system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
.sheet{max-width:26rem;margin:0 auto;min-height:100vh;background:var(--sheet);
display:flex;flex-direction:column}
.sheet.wide{max-width:44rem}
header{padding:1rem 1.25rem;border-bottom:1px solid var(--line)}
header p{margin:0;color:var(--soft);font-size:.875rem}
h1{margin:0;font-size:1.125rem;font-weight:600}
main{flex:1;padding:1.25rem}
.amount{margin:1rem 0 1.5rem;text-align:center}
.amount strong{display:block;font-size:2.75rem;line-height:1.2;font-weight:600;
font-variant-numeric:tabular-nums}
.amount span{color:var(--soft)}
dl{margin:0 0 1.5rem;border-top:1px solid var(--line)}
dl div{display:flex;gap:1rem;padding:.75rem 0;border-bottom:1px solid var(--line)}
dt{flex:0 0 5rem;color:var(--soft)}
dd{flex:1;margin:0;text-align:right;overflow-wrap:anywhere}
form{margin:0}
button,.button{display:block;width:100%;min-height:3rem;margin:0 0 .75rem;padding:.5rem 1rem;
border:1px solid var(--main);border-radius:.5rem;background:var(--main);color:var(--main-ink);
font:inherit;font-size:1.0625rem;font-weight:600;text-align:center;text-decoration:none;
cursor:pointer}
button.quiet,.button.quiet{background:transparent;color:var(--ink);border-color:var(--line);
font-weight:400}
a{color:var(--main)}
:focus-visible{outline:3px solid var(--main);outline-offset:2px}
.note{margin:0;padding:.75rem 1.25rem;background:var(--note);color:var(--note-ink);
font-size:.875rem}
.state{text-align:center;padding:2rem 0 1.5rem}
.state strong{display:block;font-size:1.5rem;color:var(--good)}
.state.stopped strong{color:var(--ink)}
.search{display:flex;gap:.5rem;align-items:end;margin-bottom:1rem}
.search label{flex:1;font-size:.875rem;color:var(--soft)}
input{display:block;width:100%;min-height:2.75rem;padding:.5rem .75rem;font:inherit;
color:var(--ink);background:var(--sheet);border:1px solid var(--soft);border-radius:.5rem}
.search button{width:auto;margin:0;min-height:2.75rem}
.tools{display:flex;justify-content:space-between;gap:1rem;margin:0 0 .5rem;color:var(--soft);
font-size:.875rem}
.tools button{display:inline;width:auto;min-height:0;margin:0;padding:.125rem .75rem;
font-size:.875rem}
.messages{list-style:none;margin:0;padding:0}
.messages li{padding:1rem 0;border-top:1px solid var(--line)}
.messages .who{display:flex;justify-content:space-between;gap:1rem;color:var(--soft);
font-size:.875rem}
.code{display:block;font-size:2.25rem;line-height:1.3;font-weight:600;letter-spacing:.12em;
font-variant-numeric:tabular-nums}
.messages p{margin:.25rem 0 0;overflow-wrap:anywhere}
.empty{padding:3rem 0;text-align:center;color:var(--soft)}
"""

_PAGE = Template(
    """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><link rel="icon" href="data:,">
<title>$title</title><style>$style</style></head>
<body><div class="sheet$width">
<header><p>$strapline</p><h1>$title</h1></header>
<main>$content</main>
<footer><p class="note">$note</p></footer>
</div>$script</body></html>
"""
)

HEADERS = (
    ("Content-Type", HTML),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
)


def page(
    *,
    title: str,
    strapline: str,
    content: str,
    note: str,
    width: str = "",
    script: str = "",
    style: str = "",
) -> bytes:
    """A whole page. `content`, `script` and `style` are finished; other texts are escaped here.

    `width`: nothing for a phone's sheet, `wide` for a list, or a class that `style` brings.
    """
    return _PAGE.substitute(
        title=escape(title),
        strapline=escape(strapline),
        content=content,
        note=escape(note),
        width=f" {width}" if width else "",
        script=f"<script>{script}</script>" if script else "",
        style=_STYLE + style,
    ).encode()
