/**
 * One of many over the page, a trial or a report, with the way to the next and the previous one; and
 * what both show: the words that a model read, and those that it answered.
 */
import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.js';
import { leaveDialog, useShared } from './navigation.js';
import { type ContextRoute, contextRoute } from './route.js';
import { shortcutsOn } from './shortcuts.js';

interface StepDialogProps {
  readonly title: string;
  readonly route: ContextRoute;
  /** What there are many of, as a label. */
  readonly kind: string;
  /** From 1. */
  readonly at: number;
  /** 0 where it is not known, or where what is asked for is not among them. */
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
  /** What is said where the words are not on record. */
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
