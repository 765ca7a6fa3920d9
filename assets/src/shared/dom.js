// Small tools every behaviour uses.  All behaviour hangs on data attributes and on one listener
// per event at the document, so that it also holds for what htmx puts in later.

/** Calls `run(element, event)` for clicks (or another event) inside `selector`. */
export function on(type, selector, run, options) {
  document.addEventListener(type, (event) => {
    const element = event.target instanceof Element && event.target.closest(selector);
    if (element) run(element, event);
  }, options);
}

/** Runs on the page now and on every fragment htmx brings. */
export function onContent(run) {
  const start = () => run(document.body);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
  document.addEventListener('htmx:load', (event) => {
    if (event.detail.elt !== document.body) run(event.detail.elt);
  });
}

/** `selector` among the descendants and the element itself. */
export function all(root, selector) {
  const found = [...root.querySelectorAll(selector)];
  if (root.matches && root.matches(selector)) found.unshift(root);
  return found;
}

export function remember(name, value) {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

/** Has a screen reader say `text`. */
export function announce(text) {
  const place = document.getElementById('announcer');
  if (!place) return;
  place.textContent = '';
  window.setTimeout(() => { place.textContent = text; }, 60);
}
