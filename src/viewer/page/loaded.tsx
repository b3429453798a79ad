/** Data that are fetched: loading, ready or failed, and what the page shows in each state. */

import { Component, type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly message: string; readonly retry: () => void };

interface Held<T> {
  readonly key: string;
  readonly loaded: Loaded<T>;
}

const loading = { state: 'loading' } as const;

/** Failed loads on the screen. They mostly share a cause, so that one button retries them all. */
const failed = new Set<() => void>();

function retryAll(): void {
  for (const retry of [...failed]) retry();
}

/** Loads again when `key` changes; null loads nothing. Data of the old key are dropped. */
export function useLoaded<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
): Loaded<T> {
  const [held, setHeld] = useState<Held<T> | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    setHeld(null);
    if (key === null) return;
    const leaving = new AbortController();
    const retry = () => setAttempt((before) => before + 1);
    const put = (loaded: Loaded<T>) => {
      if (!leaving.signal.aborted) setHeld({ key, loaded });
    };
    load(leaving.signal).then(
      (value) => put({ state: 'ready', value }),
      (error: unknown) => {
        if (leaving.signal.aborted) return;
        failed.add(retry);
        const message = error instanceof Error ? error.message : String(error);
        put({ state: 'failed', message, retry: retryAll });
      },
    );
    return () => {
      leaving.abort();
      failed.delete(retry);
    };
  }, [key, attempt]);
  return held !== null && held.key === key ? held.loaded : loading;
}

interface ErrorBoxProps {
  readonly message: string;
  readonly retry?: () => void;
}

export function ErrorBox({ message, retry }: ErrorBoxProps) {
  return (
    <div class="error-box" role="alert">
      <p>
        <strong>This cannot be shown.</strong> {message}
      </p>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Waiting({ what }: { readonly what: string }) {
  return (
    <p class="waiting" role="status">
      Loading {what} …
    </p>
  );
}

interface WhenLoadedProps<T> {
  readonly loaded: Loaded<T>;
  /** What is loaded, as in 'the draws'. */
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}

export function WhenLoaded<T>({ loaded, what, children }: WhenLoadedProps<T>) {
  if (loaded.state === 'loading') return <Waiting what={what} />;
  if (loaded.state === 'failed') return <ErrorBox message={loaded.message} retry={loaded.retry} />;
  return <>{children(loaded.value)}</>;
}

interface GuardedProps {
  /** A new subject clears the error. */
  readonly subject: string;
  readonly children: ComponentChildren;
}

/** Shows the error of a part of the page that fails; the rest of the page stays. */
export class Guarded extends Component<GuardedProps, { message: string | null; subject: string }> {
  override state = { message: null as string | null, subject: this.props.subject };

  static override getDerivedStateFromProps(
    { subject }: GuardedProps,
    state: { message: string | null; subject: string },
  ) {
    return subject === state.subject ? null : { message: null, subject };
  }

  override componentDidCatch(error: unknown): void {
    this.setState({ message: error instanceof Error ? error.message : String(error) });
  }

  override render() {
    const { message } = this.state;
    if (message === null) return this.props.children;
    return <ErrorBox message={message} retry={() => this.setState({ message: null })} />;
  }
}
