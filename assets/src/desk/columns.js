// The column chooser: which columns a table shows, in which order, and how high its rows are.
// Order is changed by dragging, by the arrow keys on the grip, or by the two small buttons.
import htmx from 'htmx.org';
import { all, announce, on, onContent, remember } from '../shared/dom.js';

const ROOMY = 1600;
let dragged = null;

const boxes = (chooser) => all(chooser, '[data-column]');
const words = (text) => (text || '').split(' ').filter(Boolean);
const table = (chooser) => document.getElementById(chooser.dataset.chooser);

function keep(chooser) {
  const hidden = boxes(chooser).filter((box) => !box.checked).map((box) => box.dataset.column);
  const order = all(chooser, '[data-column-item]').map((item) => item.dataset.columnItem);
  if (table(chooser)) {
    table(chooser).dataset.hide = hidden.join(' ');
    delete table(chooser).dataset.roomy;
  }
  if (!chooser.dataset.save) {
    remember(`cols.${chooser.dataset.table}`, hidden.join('.'));
    return;
  }
  save(chooser, order, hidden);
}

function save(chooser, order, hidden) {
  const values = { order: order.join(' '), hidden: hidden.join(' ') };
  htmx.ajax('POST', chooser.dataset.save, { source: document.body, swap: 'none', values });
}

/** What the table shows of itself: nothing is kept, so that wide screens show their columns again. */
function forget(chooser) {
  const roomy = words(chooser.dataset.roomy);
  const shown = table(chooser);
  shown.dataset.hide = words(chooser.dataset.default).filter((number) => !roomy.includes(number)).join(' ');
  shown.dataset.roomy = roomy.join(' ');
  showRoomy(chooser);
  save(chooser, [], []);
}

function showRoomy(chooser) {
  const shown = table(chooser);
  if (!shown || window.innerWidth < ROOMY) return;
  boxes(chooser).forEach((box) => { if (words(shown.dataset.roomy).includes(box.dataset.column)) box.checked = true; });
}

/** Puts the cells of every row in the order of the chooser, before the last one. */
function order(chooser) {
  const numbers = all(chooser, '[data-column-item]').map((item) => item.dataset.columnItem);
  if (!table(chooser)) return;
  all(table(chooser), 'tr').forEach((row) => {
    const cells = new Map([...row.children].map((cell) => [cell.dataset.c, cell]));
    numbers.forEach((number) => {
      if (cells.has(number)) row.insertBefore(cells.get(number), row.lastElementChild);
    });
  });
}

function settle(item) {
  const chooser = item.closest('[data-chooser]');
  const place = all(chooser, '[data-column-item]').indexOf(item) + 1;
  order(chooser);
  keep(chooser);
  announce(`${item.querySelector('label').textContent.trim()}移到第 ${place} 列`);
}

function step(item, by) {
  const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!other || !other.dataset.columnItem) return;
  if (by < 0) other.before(item);
  else other.after(item);
  settle(item);
}

on('change', '[data-chooser] [data-column]', (box) => keep(box.closest('[data-chooser]')));
on('click', '[data-column-reset]', (button) => {
  const chooser = button.closest('[data-chooser]');
  const away = words(chooser.dataset.default);
  boxes(chooser).forEach((box) => { box.checked = !away.includes(box.dataset.column); });
  const items = new Map(all(chooser, '[data-column-item]').map((item) => [item.dataset.columnItem, item]));
  words(chooser.dataset.order).forEach((number) => {
    if (items.has(number)) items.get(number).parentElement.append(items.get(number));
  });
  if (items.size) order(chooser);
  if (chooser.dataset.save && table(chooser)) forget(chooser);
  else keep(chooser);
});
on('click', '[data-column-step]', (button) => step(button.closest('[data-column-item]'), Number(button.dataset.columnStep)));
on('keydown', '[data-column-grip]', (grip, event) => {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  step(grip.closest('[data-column-item]'), by);
  grip.focus();
});
on('dragstart', '[data-column-grip]', (grip, event) => {
  dragged = grip.closest('[data-column-item]');
  event.dataTransfer.effectAllowed = 'move';
  event.dataTransfer.setData('text/plain', dragged.textContent.trim());
  event.dataTransfer.setDragImage(dragged, 12, 12);
  dragged.classList.add('is-dragged');
});
on('dragover', '[data-column-item]', (item, event) => {
  if (!dragged || item.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  const { top, height } = item.getBoundingClientRect();
  if (item !== dragged) item[event.clientY > top + height / 2 ? 'after' : 'before'](dragged);
});
on('drop', '[data-column-item]', (item, event) => event.preventDefault());
on('dragend', '[data-column-grip]', () => {
  if (!dragged) return;
  dragged.classList.remove('is-dragged');
  settle(dragged);
  dragged = null;
});
on('click', '[data-row-height]', (button) => {
  const chooser = button.closest('[data-chooser]');
  table(chooser).dataset.rows = button.dataset.rowHeight;
  all(chooser, '[data-row-height]').forEach((b) => b.setAttribute('aria-pressed', b === button));
  remember('rows', button.dataset.rowHeight);
});

onContent((root) => {
  all(root, '[data-chooser]').forEach(showRoomy);
});
