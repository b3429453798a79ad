/** Fits in the order in which to doubt them. */
import { useMemo, useState } from 'preact/hooks';
import type { FitEntry } from '../wire.js';
import { doubtful, worstFirst } from './convergence.js';
import { countText, fixed, plural } from './format.js';
import { Link } from './navigation.js';
import { contextRoute, type Route } from './route.js';
import { placeOfFit } from './study.js';
import { TableFrame } from './table-frame.js';

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
      <TableFrame heading="worst">
        <table class="numbers" data-table="worst">
          <thead>
            <tr>
              <th scope="col">fit</th>
              <th scope="col">R-hat</th>
              <th scope="col">ESS bulk</th>
              <th scope="col">ESS tail</th>
              <th scope="col">divergences</th>
              <th scope="col" class="words">
                what is wrong
              </th>
            </tr>
          </thead>
          <tbody>
            {ordered.slice(0, most).map((fit) => (
              <FitRow key={fit.name} fit={fit} />
            ))}
          </tbody>
        </table>
      </TableFrame>
      {most < Math.min(MANY, ordered.length) && (
        <button type="button" class="more" onClick={() => setMost(MANY)}>
          Show {Math.min(MANY, ordered.length)}
        </button>
      )}
    </section>
  );
}

function FitRow({ fit }: { readonly fit: FitEntry }) {
  const { max_rhat, min_ess_bulk, min_ess_tail, divergences } = fit.diagnostics;
  return (
    <tr>
      <th scope="row">
        <Link to={fitRoute(fit)}>{fit.name}</Link>
      </th>
      <td class={doubtful.rhat(max_rhat) ? 'bad' : ''}>{fixed(max_rhat, 4)}</td>
      <td class={doubtful.ess(min_ess_bulk) ? 'bad' : ''}>{countText(min_ess_bulk)}</td>
      <td class={doubtful.ess(min_ess_tail) ? 'bad' : ''}>{countText(min_ess_tail)}</td>
      <td class={divergences > 0 ? 'bad' : ''}>{countText(divergences)}</td>
      <td class="words">{fit.warnings.join('; ') || 'nothing'}</td>
    </tr>
  );
}

function fitRoute(fit: FitEntry): Route {
  const place = placeOfFit(fit);
  return place ? contextRoute(place, 'chains') : { page: 'fit', name: fit.name };
}
