// Theme and letter size: kept in cookies, which the server renders into the next page.
import { announce, on, onContent, remember } from './dom.js';

const root = document.documentElement;

function show() {
  const isDark = root.getAttribute('data-bs-theme') === 'dark';
  const isLarge = root.hasAttribute('data-care');
  document.querySelectorAll('[data-toggle-theme]').forEach((b) => b.setAttribute('aria-pressed', isDark));
  document.querySelectorAll('[data-toggle-care]').forEach((b) => b.setAttribute('aria-pressed', isLarge));
  document.querySelectorAll('[data-care-label]').forEach((l) => { l.textContent = isLarge ? '标准' : '大字'; });
}

on('click', '[data-toggle-theme]', () => {
  const theme = root.getAttribute('data-bs-theme') === 'dark' ? 'light' : 'dark';
  root.setAttribute('data-bs-theme', theme);
  remember('theme', theme);
  show();
  announce(theme === 'dark' ? '已切换到深色模式' : '已切换到浅色模式');
});

on('click', '[data-toggle-care]', () => {
  const isLarge = !root.hasAttribute('data-care');
  if (isLarge) root.setAttribute('data-care', '1');
  else root.removeAttribute('data-care');
  remember('care', isLarge ? '1' : '0');
  show();
  announce(isLarge ? '已切换到大字模式' : '已切换到标准字号');
});

onContent(show);
