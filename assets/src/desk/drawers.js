// The rail and the tree as drawers on narrow windows; boxes that fold on a click elsewhere; the
// search box; Ctrl/Cmd K.
import { all, on, onContent } from '../shared/dom.js';

let opener = null;

function close() {
  const open = document.querySelector('[data-drawer].is-open');
  if (!open) return;
  open.classList.remove('is-open');
  document.querySelectorAll('.scrim').forEach((s) => s.remove());
  if (opener) {
    opener.setAttribute('aria-expanded', 'false');
    opener.focus();
  }
  opener = null;
}

function open(button) {
  close();
  const drawer = document.getElementById(button.dataset.drawerOpen);
  const scrim = document.createElement('div');
  scrim.className = 'scrim';
  scrim.addEventListener('click', close);
  document.body.append(scrim);
  drawer.classList.add('is-open');
  opener = button;
  button.setAttribute('aria-expanded', 'true');
  const first = drawer.querySelector('a, button, input');
  window.setTimeout(() => first && first.focus(), 200);
}

on('click', '[data-drawer-open]', open);
on('click', '[data-drawer-close]', close);
on('click', '[data-reveal]', (button) => {
  const box = document.getElementById(button.dataset.reveal);
  const isOpen = box.classList.toggle('is-open');
  button.setAttribute('aria-expanded', isOpen);
  if (isOpen) box.querySelector('input').focus();
});
on('focusout', '.topbar-search.is-open', (box, event) => {
  if (!box.contains(event.relatedTarget)) box.classList.remove('is-open');
});

function fold(kept) {
  document.querySelectorAll('details[data-popover][open]').forEach((box) => {
    if (box.contains(kept)) return;
    const hadFocus = box.contains(document.activeElement);
    box.open = false;
    if (hadFocus) box.querySelector('summary').focus();
  });
}
document.addEventListener('click', (event) => fold(event.target));

// In a narrow window the filter bar shows its search only, until more is asked for.
onContent((root) => all(root, '[data-filters]').forEach((bar) => bar.classList.add('is-short')));
document.addEventListener('toggle', (event) => {
  const bar = event.target.matches('.more-filters') && event.target.closest('[data-filters]');
  if (bar) bar.classList.toggle('is-short', !event.target.open);
}, true);

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') { close(); fold(null); }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    const input = document.querySelector('[data-hotkey="k"]');
    if (!input) return;
    event.preventDefault();
    input.closest('.topbar-search').classList.add('is-open');
    input.focus();
    input.select();
  }
  if (event.key !== 'Tab' || !opener) return;
  const drawer = document.querySelector('[data-drawer].is-open');
  const stops = [...drawer.querySelectorAll('a[href], button, input, select')].filter((e) => e.offsetParent);
  const [first, last] = [stops[0], stops[stops.length - 1]];
  if (event.shiftKey && document.activeElement === first) { event.preventDefault(); last.focus(); }
  if (!event.shiftKey && document.activeElement === last) { event.preventDefault(); first.focus(); }
});

// The rail may be longer than the window: the entry that one is at stays in sight.
const here = document.querySelector('.rail-nav [aria-current]');
if (here) {
  const rail = here.closest('.rail-nav');
  const below = here.offsetTop - rail.offsetTop + here.offsetHeight - rail.clientHeight;
  if (below > 0) rail.scrollTop = below + rail.clientHeight / 3;
}
