/**
 * Single-key shortcuts, which act everywhere but in a field. They are listed in the help, where they
 * can be turned off (WCAG 2.1.4).
 */
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from './dialog.js';
import { useShared } from './navigation.js';
import type { Study } from './study.js';
import { routeOfKey } from './study.js';
import { recall, remember } from './theme.js';

const shortcutHelp: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'search the contexts'],
  ['↑ ↓ Enter', 'choose a context, in the search or in the list'],
  ['j  k', 'next and previous context'],
  ['1 … 5', 'weights, chains, pairs, check, choices'],
  ['n  p', 'next and previous trial or report, in their panel'],
  ['o', 'overview'],
  ['t', 'light or dark theme'],
  ['?', 'this help'],
  ['Esc', 'close the panel'],
];

const KEY = 'weighbridge-shortcuts';
export const shortcutsOn = () => recall(KEY) !== 'off';
const setShortcuts = (what: 'on' | 'off') => remember(KEY, what);

interface ShortcutActions {
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

/** A key without modifiers, outside of fields and dialogs. */
function isShortcut(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || !shortcutsOn()) return false;
  const { target } = event;
  const typing =
    target instanceof HTMLElement &&
    (target.closest('input, select, textarea, [role="listbox"]') !== null ||
      target.isContentEditable);
  return !typing && document.querySelector('dialog[open]') === null;
}

export function HelpDialog({ close }: { readonly close: () => void }) {
  const [on, setOn] = useState(shortcutsOn);
  const toggle = () => {
    setShortcuts(on ? 'off' : 'on');
    setOn(!on);
  };
  return (
    <Dialog title="Keys" close={close} class="help">
      <table class="keys">
        <tbody>
          {shortcutHelp.map(([keys, does]) => (
            <tr key={keys}>
              <th scope="row">
                {keys
                  .split(' ')
                  .map((key) => key && (key === '…' ? ' … ' : <kbd key={key}>{key}</kbd>))}
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="check">
        <input type="checkbox" checked={on} onChange={toggle} /> Single-key shortcuts
      </label>
    </Dialog>
  );
}
