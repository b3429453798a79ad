/** The tables of the report. */
import { html } from 'hono/html';
import { anyPublished } from '../../analysis/figures.js';
import type {
  ContextRecord,
  FigureRecord,
  FitRecord,
  ReportCount,
  ResultDocument,
} from '../../result/format.js';
import { splitKey } from '../../result/format.js';
import { LATENT_CAPTION, type LatentRow, largestError } from '../latent-rows.js';
import {
  AGREEMENT_LEGEND,
  fixed,
  formatCount,
  intervalText,
  reportStage,
  worstFirst,
} from '../words.js';
import { breakable, type Cell, type Column, dataTable, type Html } from './data-table.js';
import { plainTable } from './sections.js';

export function paperTable({ figures }: ResultDocument): Html {
  const headings = [...new Set(figures.map(headingOf))];
  if (!anyPublished(figures)) return ownTable(figures, headings);
  return html`<div class="scroller" role="region" aria-label="Figures against the paper" tabindex="0">
<table id="paper" class="paper">
<caption>Figures of the paper and of these data, with 95% HDIs in brackets. ${AGREEMENT_LEGEND}.</caption>
<thead><tr><th scope="col">Figure</th><th scope="col">Published</th><th scope="col">Ours</th><th scope="col">Agreement</th></tr></thead>
${headings.map(
  (heading) => html`<tbody>
<tr class="heading"><th scope="rowgroup" colspan="4">${heading}</th></tr>
${figures.filter((one) => headingOf(one) === heading).map(figureRow)}
</tbody>`,
)}
</table>
</div>`;
}

/** The table for models that the paper does not have. */
function ownTable(figures: readonly FigureRecord[], headings: readonly string[]): Html {
  return html`<div class="scroller" role="region" aria-label="Figures" tabindex="0">
<table id="paper" class="paper">
<caption>The paper's figures for these models, which it does not have, with 95% HDIs in brackets</caption>
<thead><tr><th scope="col">Figure</th><th scope="col">Estimate</th></tr></thead>
${headings.map(
  (heading) => html`<tbody>
<tr class="heading"><th scope="rowgroup" colspan="2">${heading}</th></tr>
${figures
  .filter((one) => headingOf(one) === heading)
  .map(
    ({ figure, ours, hdi, decimals }) =>
      html`<tr><th scope="row">${figure}</th><td class="ours">${estimateHtml(ours, hdi, decimals)}</td></tr>`,
  )}
</tbody>`,
)}
</table>
</div>`;
}

function headingOf({ section, model }: FigureRecord): string {
  return model === null ? section : `${section} · ${model}`;
}

function figureRow(one: FigureRecord): Html {
  const { figure, published, published_hdi, ours, hdi, decimals, agreement } = one;
  return html`<tr>
<th scope="row">${figure}</th>
<td>${estimateHtml(published, published_hdi, decimals)}</td>
<td class="ours">${estimateHtml(ours, hdi, decimals)}</td>
<td><span class="agreement ${agreement.replaceAll(' ', '-')}">${agreement}</span></td>
</tr>`;
}

/** Aligns numbers and intervals in columns; on a narrow screen the interval is below the number. */
function estimateHtml(value: number | null, interval: FigureRecord['hdi'], decimals: number): Html {
  const number = value === null && interval ? '\u00a0' : fixed(value, decimals);
  return html`<span class="estimate"><span class="value">${number}</span> <span class="interval">${intervalText(interval, decimals)}</span></span>`;
}

/** Raw and latent correlations side by side. */
export function latentTable(
  rows: readonly LatentRow[],
  modelName: (model: string) => string,
): Html {
  const headings = [...new Set(rows.map(({ model }) => model))];
  const shown = (one: LatentRow['raw']) =>
    one ? estimateHtml(one.value, [...one.hdi], 2) : html`<span class="estimate">–</span>`;
  return html`<div class="scroller" role="region" aria-label="Raw and latent correlations" tabindex="0">
<table id="latent-correlations" class="paper">
<caption>${LATENT_CAPTION} 95% HDIs are in brackets. ${largestError(rows)}</caption>
<thead><tr><th scope="col">Correlation</th><th scope="col">Raw</th><th scope="col">Latent</th></tr></thead>
${headings.map(
  (heading) => html`<tbody>
<tr class="heading"><th scope="rowgroup" colspan="3">${heading === null ? 'All models' : modelName(heading)}</th></tr>
${rows
  .filter(({ model }) => model === heading)
  .map(
    ({ label, raw, latent }) =>
      html`<tr><th scope="row">${label}</th><td>${shown(raw)}</td><td class="ours">${shown(latent)}</td></tr>`,
  )}
</tbody>`,
)}
</table>
</div>`;
}

const weightColumns: readonly Column[] = [
  { label: 'Context', kind: 'text', width: '16%' },
  { label: 'Attribute', kind: 'text', width: '19%' },
  { label: 'Model', kind: 'text', pick: true, width: '10%' },
  { label: 'Setting', kind: 'text', pick: true, width: '8%' },
  { label: 'Target', kind: 'number', hint: 'The weight that was instilled', width: '7%' },
  {
    label: 'Weight',
    kind: 'number',
    hint: 'Posterior mean, scaled to a largest absolute value of 100 in each context',
    width: '7%',
  },
  { label: 'Slope', kind: 'number', hint: 'Posterior mean of the regression', width: '7%' },
  { label: '95% HDI', kind: 'number', hint: 'HDI of the slope; sorts by its width', width: '12%' },
  { label: 'Slope and HDI', kind: 'drawing', width: '14%' },
];

/** Partial pooling: how large weights are, and how well choices are predicted with it and without. */
export function pooledTables(
  { pooled = {} }: ResultDocument,
  modelName: (model: string) => string,
): Html {
  const rows = Object.entries(pooled).map(([key, one]) => {
    const { model, setting } = splitKey(key);
    return { name: [modelName(model), setting], ...one };
  });
  const predicted = rows.flatMap(({ name, prediction }) =>
    prediction
      ? [{ name, choices: prediction.left_out_choices, contexts: prediction.left_out_contexts }]
      : [],
  );
  const columns = (...numbers: readonly string[]) => [
    ...['Model', 'Setting'].map((label) => ({ label, kind: 'text' as const })),
    ...numbers.map((label) => ({ label, kind: 'number' as const })),
  ];
  const score = ({ estimate, se }: { estimate: number | null; se: number | null }, decimals = 1) =>
    `${fixed(estimate, decimals)} (${fixed(se, decimals)})`;
  return html`${plainTable(
    'Standard deviation of the weights (tau_w), mean (mu_a) and standard deviation (tau_a) of the intercepts, with 95% HDIs: one multilevel regression of the choices in all contexts',
    columns('tau_w', 'mu_a', 'tau_a'),
    rows.map(({ name, hyperparameters }) => [
      ...name,
      ...['tau_w', 'mu_a', 'tau_a'].map((one) => {
        const { mean = null, hdi = null } = hyperparameters[one] ?? {};
        return `${fixed(mean, 2)} ${intervalText(hdi, 2)}`;
      }),
    ]),
  )}
${
  predicted.length === 0
    ? html`<p>Choices are weighed by probability: a fractional outcome has no predictive density.</p>`
    : plainTable(
        'Log score of each choice given the others, and percentage of choices predicted, without pooling and with it; standard errors over contexts in parentheses',
        columns('None', 'Partial', 'Difference', '% none', '% partial', '% difference'),
        predicted.map(({ name, choices: { none, partial, difference } }) => [
          ...name,
          ...[none, partial, difference].map(({ elpd }) => score(elpd)),
          ...[none, partial, difference].map(({ correct_pct }) => score(correct_pct)),
        ]),
      )
}
${
  predicted.length === 0
    ? ''
    : plainTable(
        'Log score of the choices of a context given those of other contexts. The option chosen in a new context cannot be predicted, because the signs of its weights are unknown; the score shows how large weights are expected to be',
        columns('None', 'Partial', 'Difference'),
        predicted.map(({ name, contexts: { none, partial, difference } }) => [
          ...name,
          ...[none, partial, difference].map(({ elpd }) => score(elpd)),
        ]),
      )
}`;
}

export function weightsTable(
  { weights, pooling }: ResultDocument,
  contexts: readonly ContextRecord[],
  modelName: (model: string) => string,
): Html {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  const place = scaleOf(weights);
  const rows = Object.entries(weights).flatMap(([key, ofModel]) => {
    const { model, setting } = splitKey(key);
    return ofModel.flatMap(({ scenario, b, scaled, hdi }) => {
      const context = byName.get(scenario);
      return b.map((slope, i): Cell[] => {
        const [low, high] = hdi[i] ?? [null, null];
        const target = setting === 'instilled' ? (context?.target?.[i] ?? null) : null;
        return [
          { text: breakable(scenario) },
          { text: breakable(context?.attributes[i]?.name ?? `attribute ${i + 1}`) },
          { text: modelName(model) },
          { text: setting },
          { text: target === null ? '' : fixed(target, 0), value: target },
          { text: fixed(scaled[i], 0), value: scaled[i] ?? null, class: 'strong' },
          { text: fixed(slope, 2), value: slope },
          {
            text: intervalText([low, high], 2),
            value: low === null || high === null ? null : high - low,
          },
          { text: '', style: `--low:${place(low)};--high:${place(high)};--mean:${place(slope)}` },
        ];
      });
    });
  });
  return dataTable({
    id: 'weights',
    caption: `Weights learned from choices by a logistic regression ${pooling === 'none' ? 'for each context' : 'of all contexts together'}, one row an attribute`,
    columns: weightColumns,
    rows,
  });
}

/** Maps slopes to 0–1, with zero in the middle, on one scale for all rows. */
function scaleOf(weights: ResultDocument['weights']): (value: number | null) => string {
  const ends = Object.values(weights).flatMap((ofModel) =>
    ofModel.flatMap(({ hdi }) => hdi.flat().map((end) => Math.abs(end ?? 0))),
  );
  const largest = ends.reduce((most, end) => Math.max(most, end), 0) || 1;
  return (value) => (0.5 + (value ?? 0) / largest / 2).toFixed(3);
}

export function reportsTable(
  { report_counts, invalid_reports_pct, never_trained = [] }: ResultDocument,
  modelName: (model: string) => string,
): Html {
  return html`<div class="scroller" role="region" aria-label="Reports that were used" tabindex="0">
<table id="reports">
<caption>Reports asked for, reports used, and the reasons why others were invalid</caption>
<thead><tr><th scope="col">Model</th><th scope="col">Setting</th><th scope="col">Reports</th><th scope="col" class="number">Asked</th><th scope="col" class="number">Used</th><th scope="col" class="number">Invalid</th><th scope="col" class="number">%</th><th scope="col">Reasons</th></tr></thead>
${Object.entries(invalid_reports_pct).map(
  ([model, percent]) => html`<tbody>
${report_counts.filter((count) => count.model === model).map((count) => countRow(count, modelName, !never_trained.includes(model)))}
<tr class="sum"><th scope="row" colspan="6">${modelName(model)} in all</th><td class="number strong">${fixed(percent, 2)}</td><td></td></tr>
</tbody>`,
)}
</table>
</div>`;
}

/** The stage is that of the first file: files of one row share it. */
function countRow(
  { model, setting, files: [first = ''], asked, used, reasons }: ReportCount,
  modelName: (model: string) => string,
  trained: boolean,
): Html {
  const invalid = asked - used;
  return html`<tr>
<td>${modelName(model)}</td><td>${setting}</td><td>${reportStage(first, trained)}</td>
<td class="number">${formatCount(asked)}</td><td class="number">${formatCount(used)}</td><td class="number">${formatCount(invalid)}</td>
<td class="number">${fixed(asked > 0 ? (100 * invalid) / asked : null, 2)}</td><td>${reasonsText(reasons, invalid)}</td>
</tr>`;
}

function reasonsText(reasons: ReportCount['reasons'], invalid: number): string {
  const explained = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  const listed = Object.entries(reasons).map(
    ([reason, count]) => `${reason.replaceAll('-', ' ')} ${formatCount(count)}`,
  );
  if (invalid > explained)
    listed.push(explained > 0 ? `others ${formatCount(invalid - explained)}` : 'not in the data');
  return listed.join(', ');
}

const fitColumns: readonly Column[] = [
  { label: 'Fit', kind: 'text', width: '20%' },
  { label: 'Kind', kind: 'text', pick: true, hint: 'Subject of the regression', width: '10%' },
  { label: 'Model', kind: 'text', pick: true, width: '11%' },
  { label: 'Setting', kind: 'text', pick: true, width: '9%' },
  { label: 'R-hat', kind: 'number', hint: 'Largest of all parameters', width: '8%' },
  { label: 'Bulk ESS', kind: 'number', hint: 'Smallest of all parameters', width: '8.5%' },
  { label: 'Tail ESS', kind: 'number', hint: 'Smallest of all parameters', width: '8.5%' },
  { label: 'Divergent', kind: 'number', hint: 'Divergent transitions', width: '9.5%' },
  { label: 'E-BFMI', kind: 'number', hint: 'Smallest of all chains', width: '7.5%' },
  {
    label: 'Pareto k',
    kind: 'number',
    hint: 'Pareto k of the importance weights of the approximation around the mode; reliable below 0.7',
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
      'Convergence of every fit, the worst first; a bar on the left marks fits with warnings',
    columns: fitColumns,
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
    { text: formatCount(min_ess_bulk), value: min_ess_bulk },
    { text: formatCount(min_ess_tail), value: min_ess_tail },
    { text: formatCount(divergences), value: divergences },
    { text: fixed(min_ebfmi, 2), value: min_ebfmi },
    { text: fixed(pareto_k, 2), value: pareto_k },
  ];
}
