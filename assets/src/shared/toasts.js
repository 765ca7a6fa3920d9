// Passing messages: 8 seconds, longer while pointed at or focused.  The server sends a list of
// {text, level, undo}: after a redirect in a short-lived cookie (hex of JSON), in the answer to an
// htmx request as the `toast` event of HX-Trigger.
import { on, onContent, all } from './dom.js';

const STAY = 8000;

function expire(toast) {
  let timer;
  const stop = () => window.clearTimeout(timer);
  const start = () => { stop(); timer = window.setTimeout(() => toast.remove(), STAY); };
  toast.addEventListener('mouseenter', stop);
  toast.addEventListener('mouseleave', start);
  toast.addEventListener('focusin', stop);
  toast.addEventListener('focusout', start);
  start();
}

function button(label, text) {
  const made = document.createElement('button');
  made.type = 'button';
  if (label) made.setAttribute('aria-label', label);
  made.textContent = text;
  return made;
}

/** Undoing is an ordinary form post: the answer is the page as it was before. */
function takeBack(address) {
  const form = document.createElement('form');
  const token = document.createElement('input');
  form.method = 'post';
  form.action = address;
  token.type = 'hidden';
  token.name = 'csrfmiddlewaretoken';
  token.value = JSON.parse(document.body.getAttribute('hx-headers'))['X-CSRFToken'];
  form.append(token);
  document.body.append(form);
  form.submit();
}

export function toast({ text, level = 'success', undo = '' }) {
  const region = document.getElementById('toasts');
  if (!region || !text) return;
  const made = document.createElement('div');
  made.className = level === 'error' ? 'toast-s toast-error' : 'toast-s';
  made.dataset.toast = '';
  const sentence = document.createElement('p');
  sentence.textContent = text;
  made.append(sentence);
  if (undo) {
    const back = button('', '撤销');
    back.className = 'undo';
    back.addEventListener('click', () => takeBack(undo));
    made.append(back);
  }
  const close = button('关闭提示', '×');
  close.dataset.toastClose = '';
  made.append(close);
  region.append(made);
  expire(made);
}

on('click', '[data-toast-close]', (close) => close.closest('[data-toast]').remove());
document.addEventListener('toast', (event) => [].concat(event.detail.value || event.detail).forEach(toast));
onContent((root) => all(root, '[data-toast]').forEach(expire));

function fromCookie() {
  const found = /(?:^|; )toast=([0-9a-f]+)/.exec(document.cookie);
  if (!found) return;
  document.cookie = 'toast=; Path=/; Max-Age=0';
  const json = found[1].replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));
  JSON.parse(json).forEach(toast);
}
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', fromCookie);
else fromCookie();
