// The organisation tree: one tab stop, arrow keys as the ARIA tree pattern asks.
import { all, on, onContent } from '../shared/dom.js';

const items = (tree) => all(tree, '[role="treeitem"]').filter((item) => item.offsetParent);
const parent = (item) => item.parentElement.closest('[role="treeitem"]');

function focus(tree, item) {
  if (!item) return;
  all(tree, '[role="treeitem"]').forEach((i) => i.setAttribute('tabindex', i === item ? '0' : '-1'));
  item.focus();
}

function toggle(item, open) {
  if (!item.hasAttribute('aria-expanded')) return;
  item.setAttribute('aria-expanded', open);
  const group = item.querySelector(':scope > ul[data-lazy]');
  if (open && group) group.dispatchEvent(new CustomEvent('open'));
}

on('click', '.tree-twist', (button, event) => {
  event.preventDefault();
  const item = button.closest('[role="treeitem"]');
  toggle(item, item.getAttribute('aria-expanded') !== 'true');
});

function right(tree, item) {
  const state = item.getAttribute('aria-expanded');
  if (state === 'false') toggle(item, true);
  else if (state === 'true') focus(tree, items(item)[1]);
}

function left(tree, item) {
  if (item.getAttribute('aria-expanded') === 'true') toggle(item, false);
  else focus(tree, parent(item));
}

const keys = {
  ArrowDown: (tree, item, shown, at) => focus(tree, shown[at + 1]),
  ArrowUp: (tree, item, shown, at) => focus(tree, shown[at - 1]),
  Home: (tree, item, shown) => focus(tree, shown[0]),
  End: (tree, item, shown) => focus(tree, shown[shown.length - 1]),
  ArrowRight: right,
  ArrowLeft: left,
  Enter: (tree, item) => { const link = item.querySelector(':scope > .tree-row a'); if (link) link.click(); },
};

on('keydown', '[role="tree"]', (tree, event) => {
  const item = event.target.closest('[role="treeitem"]');
  const act = keys[event.key];
  if (!item || !act || event.target !== item) return;
  event.preventDefault();
  const shown = items(tree);
  act(tree, item, shown, shown.indexOf(item));
});

on('click', '[data-tree-collapse]', (button) => {
  all(document.getElementById(button.dataset.treeCollapse), '[role="treeitem"] [aria-expanded="true"]').forEach((i) => toggle(i, false));
});

onContent((root) => {
  all(root, '.tree a, .tree .tree-twist').forEach((e) => e.setAttribute('tabindex', '-1'));
  all(root, '[role="tree"]').forEach((tree) => {
    const start = tree.querySelector('[aria-selected="true"]') || tree.querySelector('[role="treeitem"]');
    if (start && !tree.querySelector('[role="treeitem"][tabindex="0"]')) start.setAttribute('tabindex', '0');
  });
});
