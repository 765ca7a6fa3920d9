// Keys inside a list ([data-keys]) only, so that nobody who speaks or types elsewhere meets them:
// down and up (or j and k) go from row to row, the slash goes to the search.
import { all, on } from '../shared/dom.js';

const STEP = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

on('keydown', '[data-keys]', (list, event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, select, textarea')) return;
  if (event.key === '/') {
    const search = list.querySelector('[data-hotkey-slash]');
    if (!search) return;
    event.preventDefault();
    search.focus();
    return;
  }
  const row = event.target.closest('[data-row]');
  if (!row || !STEP[event.key]) return;
  const links = all(list, '[data-row-link]');
  const next = links[links.indexOf(row.querySelector('[data-row-link]')) + STEP[event.key]];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
