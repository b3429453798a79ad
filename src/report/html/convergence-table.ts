/**
 * How well the chains of every fit did, the worst first.
 */
import type { FitRecord } from '../result-folder/format.js';
import { worstFirst } from '../worst-first.js';
import { breakable, type Cell, type Column, dataTable, type Html } from './data-table.js';
import { fixed, whole } from './number.js';

const columns: readonly Column[] = [
  { label: 'Fit', kind: 'text', width: '20%' },
  { label: 'Kind', kind: 'text', pick: true, hint: 'What the regression is of', width: '10%' },
  { label: 'Model', kind: 'text', pick: true, width: '11%' },
  { label: 'Setting', kind: 'text', pick: true, width: '9%' },
  { label: 'R-hat', kind: 'number', hint: 'Largest of its parameters', width: '8%' },
  { label: 'Bulk ESS', kind: 'number', hint: 'Least of its parameters', width: '8.5%' },
  { label: 'Tail ESS', kind: 'number', hint: 'Least of its parameters', width: '8.5%' },
  { label: 'Divergent', kind: 'number', hint: 'Divergent transitions', width: '9.5%' },
  { label: 'E-BFMI', kind: 'number', hint: 'Smallest of its chains', width: '7.5%' },
  {
    label: 'Pareto k',
    kind: 'number',
    hint: 'Of importance weights around the mode; below 0.7 the posterior is near its approximation',
    width: '8%',
  },
];

export function convergenceTable(
  fits: readonly FitRecord[],
  modelName: (model: string) => string,
): Html {
  return dataTable({
    id: 'convergence',
    caption:
      'Convergence of every fit, the worst first; a bar at the left marks those that fall short',
    columns,
    rows: worstFirst(fits).map((fit) => fitRow(fit, modelName)),
  });
}

function fitRow(fit: FitRecord, modelName: (model: string) => string): Cell[] {
  const { kind, model, setting, context, name, diagnostics, warnings } = fit;
  const { max_rhat, min_ess_bulk, min_ess_tail, divergences, min_ebfmi, pareto_k } = diagnostics;
  const short = warnings.length > 0 ? { class: 'short' } : {};
  return [
    { text: breakable(context ?? name.replace(`${model}/`, '')), ...short },
    { text: kind },
    { text: model === undefined ? 'all' : modelName(model) },
    { text: setting ?? '' },
    { text: fixed(max_rhat, 4), value: max_rhat },
    { text: whole(min_ess_bulk), value: min_ess_bulk },
    { text: whole(min_ess_tail), value: min_ess_tail },
    { text: whole(divergences), value: divergences },
    { text: fixed(min_ebfmi, 2), value: min_ebfmi },
    { text: fixed(pareto_k, 2), value: pareto_k },
  ];
}
