/**
 * Something that is fetched for what is on the screen: loading, there, or failed. When the screen
 * shows something else, what was under way is cut and what was there is dropped, so that the page
 * never holds more than it shows.
 */
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

/** Loads on the screen that failed: what ails one mostly ails all, so they are tried again together. */
const failed = new Set<() => void>();

function tryAgain(): void {
  for (const again of [...failed]) again();
}

/** `key` says what is loaded: another key, another load; null loads nothing. */
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
    const again = () => setAttempt((before) => before + 1);
    const put = (loaded: Loaded<T>) => {
      if (!leaving.signal.aborted) setHeld({ key, loaded });
    };
    load(leaving.signal).then(
      (value) => put({ state: 'ready', value }),
      (error: unknown) => {
        if (leaving.signal.aborted) return;
        failed.add(again);
        const message = error instanceof Error ? error.message : String(error);
        put({ state: 'failed', message, retry: tryAgain });
      },
    );
    return () => {
      leaving.abort();
      failed.delete(again);
    };
  }, [key, attempt]);
  return held !== null && held.key === key ? held.loaded : loading;
}
