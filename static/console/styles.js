// Loads the style sheets of screens.

/** Loads a style sheet and resolves when it applies, so that nothing moves later. */
export function loadStyle(href) {
  const there = [...document.head.querySelectorAll('link[rel=stylesheet]')].some((link) => link.href === href);
  if (there) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
    link.addEventListener('load', () => resolve());
    link.addEventListener('error', () => {
      link.remove();
      reject(new Error(`${href} could not be loaded`));
    });
    document.head.append(link);
  });
}
