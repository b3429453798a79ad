/** A panel over the page: the browser's own dialog, which keeps the focus within and knows Esc. */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly class?: string;
  readonly onKey?: (event: KeyboardEvent) => void;
  readonly children: ComponentChildren;
}

export function Dialog({ title, close, children, onKey, class: more = '' }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (!shown) return;
    shown.showModal();
    // Gives the focus back to where it was.
    return () => shown.close();
  }, []);
  const cancel = (event: Event) => {
    event.preventDefault();
    close();
  };
  /** A click beside the panel lands on the dialog itself. */
  const clickBeside = (event: MouseEvent) => {
    if (event.target === dialog.current) close();
  };
  return (
    <dialog
      ref={dialog}
      class={`panel ${more}`}
      aria-labelledby={heading}
      onCancel={cancel}
      onClick={clickBeside}
      onKeyDown={onKey}
    >
      <div class="panel-inside">
        <header class="panel-head">
          <h2 id={heading}>{title}</h2>
          <button type="button" class="quiet" onClick={close}>
            Close
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
