/** A table wider than its room scrolls within a frame that keys reach too, and says so. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

interface TableFrameProps {
  /** Id of the heading that names the table. */
  readonly heading: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function TableFrame({ heading, children, class: more = '' }: TableFrameProps) {
  const frame = useRef<HTMLDivElement>(null);
  const wide = useOverflow(frame);
  return (
    <>
      {wide && <p class="scroll-hint">More columns to the right: the table scrolls.</p>}
      {/* A group, no region: the section around it has the same name, and is a landmark. */}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields */}
      <div
        ref={frame}
        class={`table-frame ${more}`}
        role="group"
        aria-labelledby={heading}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys
        tabIndex={0}
      >
        {children}
      </div>
    </>
  );
}

/** Whether there is more to the side than is in sight. */
function useOverflow(frame: { readonly current: HTMLElement | null }): boolean {
  const [wide, setWide] = useState(false);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    // Widths are rounded, each on its own.
    const measure = () => setWide(element.scrollWidth > element.clientWidth + 1);
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, [frame]);
  return wide;
}
