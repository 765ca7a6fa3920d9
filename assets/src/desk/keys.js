// Lists by keyboard: / goes to the search, j and k walk the rows, Enter opens, x picks, p pins,
// ? opens what explains the keys.
import { all } from '../shared/dom.js';

const isTyping = (element) => element.matches('input:not([type="checkbox"]):not([type="radio"]), select, textarea, [contenteditable]');

function step(list, by) {
  const links = all(list, '[data-row-link]').filter((link) => link.offsetParent);
  if (!links.length) return;
  const row = document.activeElement.closest('[data-row]');
  const at = row ? links.findIndex((link) => row.contains(link)) : -1;
  const next = at === -1 ? (by > 0 ? 0 : links.length - 1) : at + by;
  links[Math.min(links.length - 1, Math.max(0, next))].focus();
}

const keys = {
  '/': (list) => { const box = list.querySelector('[data-hotkey-slash]'); if (box) { box.focus(); box.select(); } },
  j: (list) => step(list, 1),
  k: (list) => step(list, -1),
  x: () => { const row = document.activeElement.closest('[data-row]'); const box = row && row.querySelector('[data-pick]'); if (box) box.click(); },
  p: () => { const row = document.activeElement.closest('[data-row]'); const pin = row && row.querySelector('[data-pin]'); if (pin) pin.click(); },
  '?': () => { const help = document.querySelector('[data-keys-help]'); if (help) { help.open = !help.open; help.scrollIntoView({ block: 'nearest' }); } },
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  const list = document.querySelector('[data-keys]');
  const act = keys[event.key];
  if (!list || !act) return;
  event.preventDefault();
  act(list);
});
