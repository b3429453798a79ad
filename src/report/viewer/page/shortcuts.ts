/**
 * Keys that work everywhere but in a field: one letter each, shown in the help, and to be turned
 * off there, as speech input and slips of the hand press them too (WCAG 2.1.4).
 */
import { useEffect } from 'preact/hooks';
import { routeOfKey } from './keys.js';
import { recall, remember } from './memory.js';
import { useShared } from './navigation.js';
import type { Study } from './study.js';

export const shortcutHelp: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'search the contexts'],
  ['↑ ↓ Enter', 'in the search or the list: choose a context'],
  ['j  k', 'next and previous context'],
  ['1 … 5', 'weights, chains, pairs, check, choices'],
  ['n  p', 'next and previous trial or report, where one is open'],
  ['o', 'overview'],
  ['t', 'light or dark'],
  ['?', 'this help'],
  ['Esc', 'close what is open'],
];

const KEY = 'weighbridge-shortcuts';
export const shortcutsOn = () => recall(KEY) !== 'off';
export const setShortcuts = (what: 'on' | 'off') => remember(KEY, what);

export interface ShortcutActions {
  readonly toggleTheme: () => void;
  readonly openHelp: () => void;
  readonly openPicker: () => void;
}

export function useShortcuts(study: Study, actions: ShortcutActions): void {
  const { route, go } = useShared();
  useEffect(() => {
    const act = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !isShortcut(event)) return;
      if (event.key === '?') actions.openHelp();
      else if (event.key === 't') actions.toggleTheme();
      else if (event.key === '/') {
        actions.openPicker();
        requestAnimationFrame(() => document.getElementById('search')?.focus());
      } else {
        const next = routeOfKey(event.key, route, study);
        if (!next) return;
        go(next);
      }
      event.preventDefault();
    };
    addEventListener('keydown', act);
    return () => removeEventListener('keydown', act);
  });
}

/** A letter alone, not in a field, not over a dialog. */
function isShortcut(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || !shortcutsOn()) return false;
  const { target } = event;
  const typing =
    target instanceof HTMLElement &&
    (target.closest('input, select, textarea, [role="listbox"]') !== null ||
      target.isContentEditable);
  return !typing && document.querySelector('dialog[open]') === null;
}
