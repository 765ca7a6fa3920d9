// Tables: picking rows and the bulk bar.
import { all, announce, on, onContent } from '../shared/dom.js';

function refresh(list) {
  const boxes = all(list, '[data-pick]');
  const picked = boxes.filter((box) => box.checked);
  boxes.forEach((box) => box.closest('tr').classList.toggle('is-picked', box.checked));
  all(list, '[data-pick-page]').forEach((box) => {
    box.checked = boxes.length > 0 && picked.length === boxes.length;
    box.indeterminate = picked.length > 0 && picked.length < boxes.length;
  });
  const bar = list.querySelector('[data-bulk]');
  if (!bar) return;
  const everything = bar.querySelector('[data-bulk-all]');
  const isEverything = everything && everything.value === '1';
  const total = Number(bar.dataset.total || 0);
  bar.hidden = picked.length === 0;
  document.body.classList.toggle('has-bulk', picked.length > 0);
  bar.querySelector('[data-bulk-count]').textContent = (isEverything ? total : picked.length).toLocaleString('en-US');
  const offer = bar.querySelector('[data-bulk-take-all]');
  if (offer) offer.hidden = isEverything || total <= picked.length;
}

function reset(list) {
  const everything = list.querySelector('[data-bulk-all]');
  if (everything) everything.value = '';
}

on('change', '[data-pick]', (box) => { const list = box.closest('[data-list]'); reset(list); refresh(list); });
on('change', '[data-pick-page]', (box) => {
  const list = box.closest('[data-list]');
  reset(list);
  all(list, '[data-pick]').forEach((row) => { row.checked = box.checked; });
  refresh(list);
});
on('click', '[data-bulk-take-all]', (button) => {
  const list = button.closest('[data-list]');
  list.querySelector('[data-bulk-all]').value = '1';
  refresh(list);
  announce(`已选择全部 ${list.querySelector('[data-bulk]').dataset.total} 项`);
});
on('click', '[data-bulk-clear]', (button) => {
  const list = button.closest('[data-list]');
  reset(list);
  all(list, '[data-pick]').forEach((row) => { row.checked = false; });
  refresh(list);
});

onContent((root) => {
  all(root, '[data-list]').forEach(refresh);
  const list = root.closest && root.closest('[data-list]');
  if (list) refresh(list);
});
