/** How fits went, a row each; the name leads to its chains. */
import type { FitEntry } from '../wire.js';
import { doubtful } from './convergence.js';
import { countText, fixed } from './format.js';
import { Link } from './navigation.js';
import { contextRoute, type Route } from './route.js';
import { placeOfFit } from './study.js';
import { TableFrame } from './table-frame.js';

interface FitTableProps {
  /** Id of the heading that names the table. */
  readonly heading: string;
  readonly fits: readonly FitEntry[];
}

export function FitTable({ heading, fits }: FitTableProps) {
  return (
    <TableFrame heading={heading}>
      <table class="numbers" data-table={heading}>
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
          {fits.map((fit) => (
            <FitRow key={fit.name} fit={fit} />
          ))}
        </tbody>
      </table>
    </TableFrame>
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
