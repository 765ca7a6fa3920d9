// Moving an organisation in the tree: drag it onto its new superior, or take it with X and put it
// down with V.  Both only lead to the page that shows what would happen; nothing moves by a slip.
import { all, announce, on } from '../shared/dom.js';

const TREE = '[data-tree-move] [role="treeitem"]';
const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
let taken = null;

const id = (item) => (item.getAttribute('href').match(ID) || [])[0];
const row = (item) => item.closest('.tree-row');

function letGo() {
  all(document.body, '.tree-row.is-taken').forEach((r) => r.classList.remove('is-taken'));
  all(document.body, '.tree-row.is-drop').forEach((r) => r.classList.remove('is-drop'));
  taken = null;
}

function take(item) {
  letGo();
  taken = item;
  row(item).classList.add('is-taken');
}

function mayTake(item) {
  return taken && taken !== item && !taken.closest('li').contains(item);
}

function put(item) {
  if (!mayTake(item)) return;
  const address = item.closest('[data-tree-move]').dataset.treeMove;
  const target = address.replace('{id}', id(taken)).replace('{to}', id(item));
  letGo();
  window.location.assign(target);
}

on('dragstart', TREE, (item, event) => {
  take(item);
  event.dataTransfer.effectAllowed = 'move';
  event.dataTransfer.setData('text/plain', item.textContent.trim());
});
on('dragover', TREE, (item, event) => {
  if (!mayTake(item)) return;
  event.preventDefault();
  all(document.body, '.tree-row.is-drop').forEach((r) => r.classList.remove('is-drop'));
  row(item).classList.add('is-drop');
});
on('drop', TREE, (item, event) => {
  event.preventDefault();
  put(item);
});
on('dragend', TREE, letGo);

const name = (item) => item.querySelector('.clip').textContent;
const keys = {
  x: (item) => { take(item); announce(`已取起「${name(item)}」，移到新的上级后按 V，按 Esc 放弃`); },
  v: put,
  Escape: () => { if (taken) announce('已放弃移动'); letGo(); },
};

on('keydown', TREE, (item, event) => {
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act(item);
});
