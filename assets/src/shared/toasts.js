// Passing messages: 8 seconds, longer while pointed at or focused.  The server sends them with
// the page, or in the answer to an htmx request as `HX-Trigger: {"toast": {text, level, undo_url}}`.
import htmx from 'htmx.org';
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

export function toast({ text, level = 'success', undo_url: undoUrl = '' }) {
  const region = document.getElementById('toasts');
  if (!region || !text) return;
  const made = document.createElement('div');
  made.className = level === 'error' ? 'toast-s toast-error' : 'toast-s';
  made.dataset.toast = '';
  const sentence = document.createElement('p');
  sentence.textContent = text;
  made.append(sentence);
  if (undoUrl) {
    const undo = button('', region.dataset.undoLabel || '撤销');
    undo.className = 'undo';
    undo.addEventListener('click', () => {
      undo.disabled = true;
      htmx.ajax('POST', undoUrl, { source: document.body, swap: 'none' }).then(() => made.remove());
    });
    made.append(undo);
  }
  const close = button('关闭提示', '×');
  close.dataset.toastClose = '';
  made.append(close);
  region.append(made);
  expire(made);
}

on('click', '[data-toast-close]', (close) => close.closest('[data-toast]').remove());
document.addEventListener('toast', (event) => toast(event.detail.value && event.detail.value.text ? event.detail.value : event.detail));
onContent((root) => all(root, '[data-toast]').forEach(expire));
