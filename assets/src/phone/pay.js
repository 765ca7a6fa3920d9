// Adds up the ticked months in the pay bar; the server counts again and has the last word.
import { all, on, onContent } from '../shared/dom.js';

function yuan(fen) {
  return (fen / 100).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function total() {
  const boxes = all(document.body, '[data-fen]');
  if (!boxes.length) return;
  const picked = boxes.filter((box) => box.checked);
  const fen = picked.reduce((sum, box) => sum + Number(box.dataset.fen), 0);
  all(document.body, '[data-total]').forEach((place) => { place.textContent = yuan(fen); });
  all(document.body, '[data-months]').forEach((place) => { place.textContent = picked.length; });
  all(document.body, '[data-pay]').forEach((button) => { button.disabled = fen === 0; });
}

on('change', '[data-fen]', total);
onContent(total);
