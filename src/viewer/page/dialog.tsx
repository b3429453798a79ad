/** Panels over the page: the browser's own dialog, which keeps the focus and closes on Esc. */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { leaveDialog, useShared } from './navigation.js';
import { type ContextRoute, contextRoute } from './route.js';
import { shortcutsOn } from './shortcuts.js';

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
    // Returns the focus to where it was.
    return () => shown.close();
  }, []);
  const cancel = (event: Event) => {
    event.preventDefault();
    close();
  };
  /** Clicks outside of the panel have the dialog as their target. */
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

interface StepDialogProps {
  readonly title: string;
  readonly route: ContextRoute;
  /** Label of the navigation. */
  readonly kind: string;
  /** From 1. */
  readonly at: number;
  /** 0 if unknown. */
  readonly of: number;
  readonly show: (next: number) => void;
  readonly children: ComponentChildren;
}

export function StepDialog({ title, route, kind, at, of, show, children }: StepDialogProps) {
  const navigation = useShared();
  const step = (next: number) => {
    if (next >= 1 && next <= of) show(next);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !shortcutsOn()) return;
    if (event.key === 'n') step(at + 1);
    if (event.key === 'p') step(at - 1);
  };
  return (
    <Dialog
      title={title}
      close={() => leaveDialog(navigation, contextRoute(route, route.tab))}
      onKey={onKey}
      class="trial"
    >
      {at >= 1 && at <= of && (
        <nav class="steps" aria-label={kind}>
          <button type="button" disabled={at <= 1} onClick={() => step(at - 1)}>
            Previous
          </button>
          <span>
            {at} of {of}
          </span>
          <button type="button" disabled={at >= of} onClick={() => step(at + 1)}>
            Next
          </button>
        </nav>
      )}
      {children}
    </Dialog>
  );
}

interface RawAnswerProps {
  readonly raw: string | undefined;
  /** Shown if the text is not in the data. */
  readonly instead: string;
}

export function RawAnswer({ raw, instead }: RawAnswerProps) {
  if (raw === undefined) return <p class="note">{instead}</p>;
  return (
    <pre class="raw" data-raw>
      {raw}
    </pre>
  );
}

interface PromptTextProps {
  readonly system: string;
  readonly user: string;
  readonly task: string;
}

export function PromptText({ system, user, task }: PromptTextProps) {
  return (
    <>
      <h4>System</h4>
      <pre class="raw">{system}</pre>
      <h4>User</h4>
      <pre class="raw" data-prompt={task}>
        {user}
      </pre>
    </>
  );
}
