// htmx: configuration (the safe half is also in the page's meta tag), loading bar, what to say
// when the network or the session is gone, polling only while the page is looked at.
import htmx from 'htmx.org';
import { all, announce } from './dom.js';
import { toast } from './toasts.js';

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;

const root = document.documentElement;
let pending = 0;

document.addEventListener('htmx:beforeSend', () => { pending += 1; root.classList.add('is-loading'); });
document.addEventListener('htmx:afterRequest', () => {
  pending = Math.max(0, pending - 1);
  if (!pending) root.classList.remove('is-loading');
});
document.addEventListener('htmx:beforeRequest', (event) => {
  if (document.hidden && event.target.closest('[data-poll]')) event.preventDefault();
});
document.addEventListener('htmx:sendError', () => toast({ text: '网络不稳定，操作没有送达，请稍后重试。', level: 'error' }));
document.addEventListener('htmx:responseError', (event) => {
  const said = event.detail.xhr.getResponseHeader('X-Problem');
  toast({ text: said ? decodeURIComponent(said) : '操作没有完成，请刷新页面后重试。', level: 'error' });
});

// What had the focus before a swap has it again afterwards, or what took its place.
let focused = null;

document.addEventListener('htmx:beforeSwap', (event) => {
  const element = document.activeElement;
  focused = null;
  if (!event.detail.shouldSwap || element === document.body || !event.detail.target.contains(element)) return;
  focused = { id: element.id, name: element.getAttribute('name'), tag: element.tagName, text: element.textContent };
});

function sameAs(before, candidates) {
  if (before.id) return document.getElementById(before.id);
  if (before.name) return candidates.find((e) => e.getAttribute('name') === before.name);
  return candidates.find((e) => e.tagName === before.tag && e.textContent === before.text);
}

document.addEventListener('htmx:afterSettle', (event) => {
  const place = event.detail.elt;
  const caption = place.matches('[data-list]') && place.querySelector('caption, .empty h2');
  if (caption) announce(`已更新：${caption.textContent.trim()}`);
  if (!focused || place.contains(document.activeElement)) return;
  const found = sameAs(focused, all(place, 'a, button, input, select, textarea'));
  focused = null;
  if (found) {
    found.focus({ preventScroll: true });
    return;
  }
  place.setAttribute('tabindex', '-1');
  place.focus({ preventScroll: true });
});

function connection() {
  document.querySelectorAll('[data-offline]').forEach((bar) => { bar.hidden = navigator.onLine; });
}
window.addEventListener('online', connection);
window.addEventListener('offline', connection);
if (!navigator.onLine) connection();
