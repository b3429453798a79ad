/** What stands where something is still to come, or did not come: never nothing. */
import { Component, type ComponentChildren } from 'preact';
import type { Loaded } from './use-loaded.js';

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
  /** Another key, another try. */
  readonly subject: string;
  readonly children: ComponentChildren;
}

/** A part of the page that fails shows why; the rest of the page stays. */
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
