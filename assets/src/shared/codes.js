// Verification codes: digits only, sent off when complete; the wait before another can be asked for.
import { all, on, onContent } from './dom.js';

on('input', '[data-code]', (input) => {
  const digits = input.value.replace(/\D/g, '').slice(0, Number(input.dataset.code) || 6);
  if (digits !== input.value) input.value = digits;
  const isComplete = digits.length === (Number(input.dataset.code) || 6);
  if (isComplete && input.form && input.dataset.send !== undefined) input.form.requestSubmit ? input.form.requestSubmit() : input.form.submit();
});

function wait(button) {
  const label = button.textContent;
  let left = Number(button.dataset.wait);
  button.disabled = true;
  const tick = () => {
    if (left <= 0) {
      button.disabled = false;
      button.textContent = button.dataset.again || label;
      return;
    }
    button.textContent = `${left} 秒后可重发`;
    left -= 1;
    window.setTimeout(tick, 1000);
  };
  tick();
}

onContent((root) => all(root, '[data-wait]').forEach((button) => { if (Number(button.dataset.wait) > 0) wait(button); }));

// A password is shown while its box is ticked.
on('change', '[data-shows]', (box) => {
  const input = document.getElementById(box.dataset.shows);
  if (input) input.type = box.checked ? 'text' : 'password';
});
