"""Asks axe about a page: what it violates, in which look, and whether anything sticks out."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from tests.chromium import settle

AXE = settings.ROOT / "node_modules" / "axe-core" / "axe.min.js"
EVERY_RULE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ASK = """async ([attributes, only]) => {
  const root = document.documentElement, before = {};
  for (const [name, value] of Object.entries(attributes)) {
    before[name] = root.getAttribute(name);
    root.setAttribute(name, value);
  }
  const still = new CSSStyleSheet();  // a colour on its way to another is judged wrongly
  still.replaceSync('*, ::before, ::after { transition: none !important }');
  document.adoptedStyleSheets = [still];
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const {violations} = await axe.run(document, {
    runOnly: only, resultTypes: ['violations'], selectors: false, preload: false,
  });
  const found = violations.map((v) => `${v.id} ${v.nodes[0].html.slice(0, 120)}`);
  if (root.scrollWidth > innerWidth) found.push(`wider than ${innerWidth} pixels`);
  for (const [name, value] of Object.entries(before)) {
    if (value === null) root.removeAttribute(name); else root.setAttribute(name, value);
  }
  return found;
}"""


def bring(page: Any) -> None:
    """Has axe on every page that is opened from now on; sent to the browser once."""
    page.add_init_script(path=AXE)


def violations(page: Any, only: list[str], attributes: dict[str, str] | None = None) -> list[str]:
    """By tags or rules; ``attributes`` are those of the root element that make a look."""
    settle(page)
    found: list[str] = page.evaluate(_ASK, [attributes or {}, only])
    return found
