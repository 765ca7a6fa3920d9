// Dialogs that ask before something that cannot be taken back; some want the name typed.
import { all, on, onContent } from '../shared/dom.js';

function check(input) {
  const form = input.closest('form');
  const isRight = input.value.trim() === input.dataset.confirmText;
  all(form, '[data-confirm-button]').forEach((button) => { button.disabled = !isRight; });
}

on('input', '[data-confirm-text]', check);
onContent((root) => all(root, '[data-confirm-text]').forEach(check));
