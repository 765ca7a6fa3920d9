// The organisation tree: one tab stop, arrow keys as the ARIA tree pattern asks.
import { all, on, onContent } from '../shared/dom.js';

const items = (tree) => all(tree, '[role="treeitem"]').filter((item) => item.offsetParent);
const branch = (item) => item.closest('li');

function parent(item) {
  const above = branch(item).parentElement.closest('li');
  return above && above.querySelector('[role="treeitem"]');
}

function focus(tree, item) {
  if (!item) return;
  all(tree, '[role="treeitem"]').forEach((i) => i.setAttribute('tabindex', i === item ? '0' : '-1'));
  item.focus();
}

function toggle(item, open) {
  if (!item.hasAttribute('aria-expanded')) return;
  item.setAttribute('aria-expanded', open);
  branch(item).dataset.open = open;
  const group = branch(item).querySelector(':scope > ul[data-lazy]');
  if (open && group) group.dispatchEvent(new CustomEvent('open'));
}

on('click', '.tree-twist', (button, event) => {
  event.preventDefault();
  const item = branch(button).querySelector('[role="treeitem"]');
  toggle(item, item.getAttribute('aria-expanded') !== 'true');
});

function right(tree, item) {
  const state = item.getAttribute('aria-expanded');
  if (state === 'false') toggle(item, true);
  else if (state === 'true') focus(tree, branch(item).querySelector('ul [role="treeitem"]'));
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
};

on('keydown', '[role="tree"]', (tree, event) => {
  const item = event.target.closest('[role="treeitem"]');
  const act = keys[event.key];
  if (!item || !act) return;
  event.preventDefault();
  const shown = items(tree);
  act(tree, item, shown, shown.indexOf(item));
});

on('click', '[data-tree-collapse]', (button) => {
  const tree = document.getElementById(button.dataset.treeCollapse);
  all(tree, 'ul [aria-expanded="true"]').forEach((item) => toggle(item, false));
});

onContent((root) => {
  all(root, '[role="treeitem"]').forEach((item) => item.setAttribute('tabindex', '-1'));
  all(root, '[role="tree"]').forEach((tree) => {
    const start = tree.querySelector('[aria-selected="true"]') || tree.querySelector('[role="treeitem"]');
    if (start && !tree.querySelector('[role="treeitem"][tabindex="0"]')) start.setAttribute('tabindex', '0');
  });
});
