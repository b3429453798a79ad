/** Parts of the reports that have sections: a section with its notes, tables, forest plots and fits. */
import { html, raw } from 'hono/html';
import { plotIntervals } from '../../plots/interval-plot.js';
import type { StoredFit, StoredSection } from '../../result/sections.js';
import {
  aboveLabel,
  cellText,
  fitLine,
  type IntervalGroup,
  intervalDecimals,
  intervalGroups,
  probabilityText,
} from '../sections/shown.js';
import { endErrorsText, fixed, formatCount, intervalText } from '../words.js';
import type { Html } from './data-table.js';
import { inlineSvg } from './page.js';

type Kind = 'text' | 'number';

/** A table without a script; numbers are aligned to the right. */
export function plainTable(
  caption: string,
  columns: readonly { readonly label: string; readonly kind: Kind }[],
  rows: readonly (readonly (string | Html)[])[],
): Html {
  const look = (i: number) => (columns[i]?.kind === 'number' ? 'number' : '');
  return html`<div class="scroller plain" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ label }, i) => html`<th scope="col" class="${look(i)}">${label}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map((cell, i) => html`<td class="${look(i)}">${cell}</td>`)}</tr>`)}
</tbody>
</table>
</div>`;
}

export const named = (kind: Kind, ...labels: readonly string[]) =>
  labels.map((label) => ({ label, kind }));

/**
 * Its heading has the id `section-NUMBER`.
 * @param i from 0
 * @param figure below its forest plots
 */
export function sectionHtml(
  { title, notes, tables, intervals, fits }: StoredSection,
  i: number,
  figure: Html | '' = '',
): Html {
  const id = `section-${i + 1}`;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${notes.map((note) => html`<p>${note}</p>`)}
${tables.map(({ caption, columns, rows }) =>
  plainTable(
    caption,
    columns.map(({ label, kind }) => ({ label, kind: kind === 'text' ? 'text' : 'number' })),
    rows.map((row) => columns.map((column, c) => cellText(row[c], column))),
  ),
)}
${intervalGroups(intervals).map((one) => groupHtml(one, title))}
${figure}
${fits.map(fitHtml)}
</section>`;
}

function groupHtml({ group, intervals }: IntervalGroup, title: string): Html {
  const decimals = intervalDecimals(intervals);
  const above = aboveLabel(intervals);
  const compared = intervals.some(({ reference }) => reference !== undefined);
  const name = group === '' ? 'Intervals' : group;
  const { svg } = plotIntervals(intervals, group);
  return html`<figure>
<div class="picture" role="region" aria-label="${title}: forest plot of ${name}" tabindex="0">${raw(inlineSvg(svg))}</div>
<figcaption>Posterior means and highest-density intervals.</figcaption>
${plainTable(
  `${title}: ${name}`,
  [
    ...named('text', 'Quantity'),
    ...named('number', 'Mean', 'HDI', 'MCSE of ends', 'Mass'),
    ...named('number', ...(compared ? ['Reference'] : []), ...(above === null ? [] : [above])),
  ],
  intervals.map(({ label, mean, lower, upper, mcse, mass, reference, above: share }) => [
    ...[label, fixed(mean, decimals), intervalText([lower, upper], decimals)],
    ...[endErrorsText(mcse, decimals + 1), `${Number((100 * mass).toFixed(1))}%`],
    ...(compared ? [reference === undefined ? '' : fixed(reference, decimals)] : []),
    ...(above === null ? [] : [probabilityText(share)]),
  ]),
)}
</figure>`;
}

function fitHtml(fit: StoredFit): Html {
  const { formula, summary, warnings, priors } = fit;
  return html`<details>
<summary>The regression <code>${formula}</code></summary>
<p>${fitLine(fit)}</p>
${priors.length > 0 ? html`<p>Priors: ${priors.map((prior, i) => html`${i > 0 ? '; ' : ''}<code>${prior}</code>`)}</p>` : ''}
${plainTable(
  `Parameters of ${formula}`,
  [
    ...named('text', 'Parameter'),
    ...named('number', 'Mean', 'sd', '95% HDI', 'MCSE of ends', 'R-hat', 'Bulk ESS', 'Tail ESS'),
  ],
  summary.map(({ name, mean, sd, hdi, hdi_mcse, rhat, ess_bulk, ess_tail }) => [
    ...[name, fixed(mean, 3), fixed(sd, 3), intervalText(hdi, 3)],
    ...[endErrorsText(hdi_mcse, 3), fixed(rhat, 3)],
    ...[formatCount(ess_bulk), formatCount(ess_tail)],
  ]),
)}
</details>
${warnings.length > 0 ? html`<ul class="warnings">${warnings.map((line) => html`<li>${line}</li>`)}</ul>` : ''}`;
}

export function warningsHtml(warnings: readonly string[]): Html {
  if (warnings.length === 0) return html``;
  return html`<section aria-labelledby="warnings">
<h2 id="warnings">Warnings</h2>
<ul class="warnings">${warnings.map((line) => html`<li>${line}</li>`)}</ul>
</section>`;
}

/** Terms and their values. */
function factsHtml(facts: readonly (readonly [string, string | Html])[]): Html {
  return html`<dl class="facts">
${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}
</dl>`;
}

interface Making {
  readonly command: string;
  readonly settings: {
    readonly chains: number;
    readonly warmup: number;
    readonly draws: number;
    readonly algorithm: string;
    readonly seed: number | string;
  };
  readonly weighbridge: string;
  readonly environment: { readonly node: string; readonly platform: string };
  readonly seconds: number;
  readonly checksums: Readonly<Record<string, string>>;
}

/** How a result was made. @param more facts of its own */
export function makingHtml(
  { settings, environment, checksums, seconds, ...result }: Making,
  more: readonly (readonly [string, string | Html])[],
): Html {
  const { chains, warmup, draws, algorithm, seed } = settings;
  return factsHtml([
    ['Command', html`<code>${result.command}</code>`],
    ['Seed', `${seed}`],
    [
      'Sampling',
      `${chains} chains, ${warmup} warm-up draws and ${draws} kept draws each; algorithm ${algorithm}`,
    ],
    ['weighbridge', result.weighbridge],
    ['Node', `${environment.node} on ${environment.platform}`],
    ['Time', `${seconds.toFixed(1)} s`],
    ...more,
    ...Object.entries(checksums).map(
      ([file, sum]) => [`SHA-256 of ${file}`, html`<code>${sum}</code>`] as const,
    ),
  ]);
}
