/** The theme of the page, light or dark, and what the browser remembers of the page. */
import { useEffect, useState } from 'preact/hooks';

type ThemeChoice = 'system' | 'light' | 'dark';

const KEY = 'weighbridge-theme';

export function rememberedTheme(): ThemeChoice {
  const found = recall(KEY);
  return found === 'light' || found === 'dark' ? found : 'system';
}

export function applyTheme(choice: ThemeChoice): void {
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}

const darkSystem = () => matchMedia('(prefers-color-scheme: dark)');

/** The theme on the screen: the person's choice, otherwise the system's. */
export function useTheme(): { theme: 'light' | 'dark'; toggle: () => void } {
  const [choice, setChoice] = useState(rememberedTheme);
  const [system, setSystem] = useState(darkSystem().matches);
  useEffect(() => {
    const query = darkSystem();
    const update = () => setSystem(query.matches);
    query.addEventListener('change', update);
    return () => query.removeEventListener('change', update);
  }, []);
  const theme = choice === 'system' ? (system ? 'dark' : 'light') : choice;
  const toggle = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    remember(KEY, next);
    applyTheme(next);
    setChoice(next);
  };
  return { theme, toggle };
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Private windows may refuse; the choice is lost at the next visit.
  }
}
