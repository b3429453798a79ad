/**
 * Light or dark: as the machine has it, or as the person chose for this page, which is remembered.
 */
import { useEffect, useState } from 'preact/hooks';
import { recall, remember } from './memory.js';

export type ThemeChoice = 'system' | 'light' | 'dark';

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

/** What is on the screen, and how to change it. */
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
