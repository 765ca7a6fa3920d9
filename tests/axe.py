"""Asks axe about a page: what it violates, in which look, and whether anything sticks out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from tests.chromium import settle

AXE = settings.ROOT / "node_modules" / "axe-core" / "axe.min.js"
EVERY_RULE = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
COLOURS = ("color-contrast", "link-in-text-block")
SIZES = ("target-size", "scrollable-region-focusable")
_ASK = """async (looks) => {
  const root = document.documentElement, found = [];
  const still = new CSSStyleSheet();  // a colour on its way to another is judged wrongly
  still.replaceSync('*, ::before, ::after { transition: none !important }');
  document.adoptedStyleSheets = [still];
  for (const {name, attributes, rules, without} of looks) {
    const before = {};
    for (const [key, value] of Object.entries(attributes)) {
      before[key] = root.getAttribute(key);
      root.setAttribute(key, value);
    }
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const {violations} = await axe.run(document, {
      runOnly: rules, rules: Object.fromEntries(without.map((rule) => [rule, {enabled: false}])),
      resultTypes: ['violations'], selectors: false, preload: false,
    });
    const faults = violations.map((v) => `${v.id} ${v.nodes[0].html.slice(0, 120)}`);
    if (root.scrollWidth > innerWidth) faults.push(`wider than ${innerWidth} pixels`);
    found.push(...faults.map((fault) => `${name}: ${fault}`));
    for (const [key, value] of Object.entries(before)) {
      if (value === null) root.removeAttribute(key); else root.setAttribute(key, value);
    }
  }
  return found;
}"""


@dataclass(frozen=True)
class Look:
    """A way to show a page: attributes of its root element, and the rules to ask about.

    ``rules`` are tags or names of rules, less those in ``without``.
    """

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    rules: Sequence[str] = EVERY_RULE
    without: Sequence[str] = ()


LIGHT = Look("light")
DARK = Look("dark", {"data-bs-theme": "dark"}, COLOURS)  # the same page in other colours
LARGE = Look("large", {"data-care": "1"}, SIZES)  # the same page in other sizes
OTHER_WIDTH = Look("other width", without=COLOURS)  # the same colours in another order


def bring(page: Any) -> None:
    """Has axe on every page that is opened from now on; sent to the browser once."""
    page.add_init_script(path=AXE)


def violations(page: Any, *looks: Look) -> list[str]:
    """In these looks, which change nothing that a page has to load; every rule if none is said."""
    settle(page)
    found: list[str] = page.evaluate(_ASK, [vars(look) for look in looks or (LIGHT,)])
    return found
