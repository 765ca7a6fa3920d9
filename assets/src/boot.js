// Runs before the first paint: without a theme cookie the page follows the system's colours.
const root = document.documentElement;
if (!root.hasAttribute('data-bs-theme')) {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const follow = () => root.setAttribute('data-bs-theme', dark.matches ? 'dark' : 'light');
  follow();
  dark.addEventListener('change', () => {
    if (!/(^|; )theme=/.test(document.cookie)) follow();
  });
}
