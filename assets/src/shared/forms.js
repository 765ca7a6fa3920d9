// Forms: no double submission, leaving with unsaved changes, focus on errors, drop zones with
// upload progress, small conveniences.
import { all, announce, on, onContent } from './dom.js';

function hold(form, submitter) {
  form.dataset.submitting = '1';
  all(form, 'button[type="submit"], button:not([type])').forEach((b) => { b.setAttribute('aria-disabled', 'true'); });
  if (!submitter || !submitter.matches('.btn, .weui-btn')) return;
  submitter.dataset.label = submitter.innerHTML;
  submitter.textContent = submitter.dataset.busy || '提交中…';
}

function release(form) {
  delete form.dataset.submitting;
  all(form, '[aria-disabled="true"]').forEach((b) => b.removeAttribute('aria-disabled'));
  all(form, '[data-label]').forEach((b) => { b.innerHTML = b.dataset.label; delete b.dataset.label; });
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.submitting) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  delete form.dataset.changed;
  if (form.method === 'post' && !event.defaultPrevented) hold(form, event.submitter);
  // A download leaves the page where it is: the button comes back by itself.
  if ('download' in form.dataset) setTimeout(release, 4000, form);
}, true);
document.addEventListener('htmx:afterRequest', (event) => {
  const form = event.detail.elt.closest('form');
  if (form) release(form);
});
window.addEventListener('pageshow', (event) => {
  if (event.persisted) all(document.body, 'form[data-submitting]').forEach(release);
});

on('input', 'form[data-guard]', (form) => { form.dataset.changed = '1'; });
window.addEventListener('beforeunload', (event) => {
  if (document.querySelector('form[data-guard][data-changed]')) {
    event.preventDefault();
    event.returnValue = '';
  }
});

on('change', '[data-autosubmit]', (input) => input.form.requestSubmit ? input.form.requestSubmit() : input.form.submit());
on('click', '[data-print]', () => window.print());
on('click', '[data-back]', () => window.history.back());

on('click', '[data-copy]', (button) => {
  const input = document.getElementById(button.dataset.copy);
  const text = input.value === undefined ? input.textContent.trim() : input.value;
  const done = () => {
    const label = button.querySelector('[data-copy-label]') || button;
    const before = label.textContent;
    label.textContent = '已复制';
    announce('已复制');
    window.setTimeout(() => { label.textContent = before; }, 1600);
  };
  const byHand = () => {
    if (input.select) input.select();
    if (document.execCommand('copy')) done();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, byHand);
  else byHand();
});

on('click', '[data-error-summary] a', (link, event) => {
  const field = document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  (field.matches('input, select, textarea') ? field : field.querySelector('input, select, textarea') || field).focus();
});

function size(bytes) {
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function showFile(zone) {
  const file = zone.querySelector('input[type="file"]').files[0];
  const box = zone.parentElement.querySelector('[data-upload]');
  if (!box || !file) return;
  box.hidden = false;
  box.querySelector('[data-upload-name]').textContent = file.name;
  box.querySelector('[data-upload-size]').textContent = size(file.size);
  announce(`已选择文件 ${file.name}`);
}

on('change', '.dropzone input[type="file"]', (input) => showFile(input.closest('.dropzone')));
['dragenter', 'dragover'].forEach((type) => on(type, '.dropzone', (zone) => zone.classList.add('is-over')));
['dragleave', 'drop'].forEach((type) => on(type, '.dropzone', (zone) => zone.classList.remove('is-over')));

document.addEventListener('htmx:xhr:progress', (event) => {
  const bar = event.target.querySelector && event.target.querySelector('[data-upload] progress');
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.max = event.detail.total;
  bar.value = event.detail.loaded;
});

onContent((root) => {
  const summary = root.querySelector('[data-error-summary]');
  const invalid = root.querySelector('[aria-invalid="true"]');
  if (invalid) invalid.focus();
  else if (summary) summary.focus();
});
