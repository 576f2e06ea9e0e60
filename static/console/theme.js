// Applies the theme before the first paint: the pages load this file as a classic script in their head.
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => {
    try { return localStorage.getItem('theme'); } catch { return null; }
  };
  const apply = () => {
    const theme = chosen() ?? (dark.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = theme;
  };
  dark.addEventListener('change', apply);
  apply();

  /** Sets `light`, `dark`, or null for the system's theme; kept in this browser's storage if possible. */
  globalThis.setTheme = (theme) => {
    try {
      if (theme === null) localStorage.removeItem('theme');
      else localStorage.setItem('theme', theme);
    } catch { document.documentElement.dataset.theme = theme ?? (dark.matches ? 'dark' : 'light'); return; }
    apply();
  };
  globalThis.chosenTheme = chosen;
})();
