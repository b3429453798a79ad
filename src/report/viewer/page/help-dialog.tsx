/** The keys, and what the pictures mean. */
import { useState } from 'preact/hooks';
import { Dialog } from './dialog.js';
import { setShortcuts, shortcutHelp, shortcutsOn } from './shortcuts.js';

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
        <input type="checkbox" checked={on} onChange={toggle} /> Single keys act
      </label>
    </Dialog>
  );
}
