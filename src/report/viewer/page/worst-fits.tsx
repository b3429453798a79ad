/** Fits in the order in which to doubt them, and those that no context leads to. */
import { useMemo, useState } from 'preact/hooks';
import { worstFirst } from '../../worst-first.js';
import type { FitEntry } from '../wire.js';
import { FitTable } from './fit-table.js';
import { plural } from './format.js';

const FEW = 10;
/** A table of thousands helps nobody. */
const MANY = 200;

export function WorstFits({ fits }: { readonly fits: readonly FitEntry[] }) {
  const [most, setMost] = useState(FEW);
  const ordered = useMemo(() => worstFirst(fits), [fits]);
  const short = fits.filter(({ warnings }) => warnings.length > 0).length;
  return (
    <section aria-labelledby="worst">
      <h2 id="worst">Convergence, worst fits first</h2>
      <p class="note">
        {short === 0
          ? `All ${plural(fits.length, 'fit')} converged.`
          : `${short} of ${plural(fits.length, 'fit')} fall short.`}
      </p>
      <FitTable heading="worst" fits={ordered.slice(0, most)} />
      {most < Math.min(MANY, ordered.length) && (
        <button type="button" class="more" onClick={() => setMost(MANY)}>
          Show {Math.min(MANY, ordered.length)}
        </button>
      )}
    </section>
  );
}

/** Weights are found by their context; correlations and effects are found here. */
export function OtherFits({ fits }: { readonly fits: readonly FitEntry[] }) {
  const others = useMemo(() => fits.filter(({ kind }) => kind !== 'weights'), [fits]);
  if (others.length === 0) return null;
  return (
    <section aria-labelledby="others">
      <h2 id="others">Fits of correlations and effects</h2>
      <details>
        <summary>
          {plural(others.length, 'fit')} over all contexts of a model, or of all models
        </summary>
        <FitTable heading="others" fits={others} />
      </details>
    </section>
  );
}
