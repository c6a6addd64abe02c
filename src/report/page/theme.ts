import { byId } from './dom.js';

/** Connects the button that goes from the theme of the system to light, to dark, and back. */
export function connectTheme(changed: () => void): void {
  const button = byId('theme');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen === undefined ? dark.matches : chosen === 'dark';
  };
  const name = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', isDark() ? 'Light colours' : 'Dark colours');
  };
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    name();
    changed();
  });
  dark.addEventListener('change', name);
  name();
}
