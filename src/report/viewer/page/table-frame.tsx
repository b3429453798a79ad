/** A table wider than its room scrolls within a frame that keys reach too. */
import type { ComponentChildren } from 'preact';

interface TableFrameProps {
  /** Id of the heading that names the table. */
  readonly heading: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function TableFrame({ heading, children, class: more = '' }: TableFrameProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
    <section class={`table-frame ${more}`} aria-labelledby={heading} tabIndex={0}>
      {children}
    </section>
  );
}
