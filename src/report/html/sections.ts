/**
 * The report of a described study: counts of its answers, then each section with its notes, tables,
 * forest plots and fits, and how it was made. The viewer serves the same page.
 */
import { html, raw } from 'hono/html';
import { plotIntervals } from '../../plots/interval-plot.js';
import type { AnswersDocument } from '../../result/answers-format.js';
import type { StoredFit, StoredSection } from '../../result/sections.js';
import { reasonsText } from '../sections/csv.js';
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
import { htmlPage, inlineSvg } from './page.js';

/** @param answers address of the answers: a file beside the report, or a page of the viewer */
export async function sectionsHtml(result: AnswersDocument, answers: string): Promise<string> {
  const { study, pack, models, sections, weighbridge } = result;
  const body = html`<header>
<h1>${study}</h1>
<p class="lead">${pack === null ? 'A described study' : `A study with the pack ${pack}`} of ${models.join(', ')}. <a href="${answers}">All ${formatCount(result.rows)} answers</a></p>
${simulatedBanner(result)}
<nav aria-label="Contents"><ul>
<li><a href="#answers">Answers</a></li>
${sections.map(({ title }, i) => html`<li><a href="#section-${i + 1}">${title}</a></li>`)}
<li><a href="#making">How this was made</a></li>
</ul></nav>
</header>
<main>
<section aria-labelledby="answers">
<h2 id="answers">Answers</h2>
${stagesTable(result)}
</section>
${sections.map(sectionHtml)}
${warningsHtml(result)}
<section aria-labelledby="making">
<h2 id="making">How this was made</h2>
${making(result)}
</section>
</main>
<footer><p>Written by weighbridge ${weighbridge}. HDI: highest-density interval. The numbers of every table and figure are in the folder <code>csv/</code> of the result.</p></footer>`;
  return htmlPage(`${study}: results`, body);
}

export function simulatedBanner({ data }: AnswersDocument): Html {
  return data.simulated
    ? html`<p class="banner" role="note"><strong>SIMULATED DATA: no language model answered</strong> ${data.description ?? ''}</p>`
    : html``;
}

type Kind = 'text' | 'number';

/** A table whose cells are text; numbers are aligned to the right. */
export function plainTable(
  caption: string,
  columns: readonly { readonly label: string; readonly kind: Kind }[],
  rows: readonly (readonly string[])[],
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

const named = (kind: Kind, ...labels: readonly string[]) =>
  labels.map((label) => ({ label, kind }));

function stagesTable({ stages }: AnswersDocument): Html {
  return plainTable(
    'Answers by stage: asked for, answered, valid, and the reasons why others are invalid',
    [
      ...named('text', 'Stage', 'Task', 'Model', 'After'),
      ...named('number', 'Asked', 'Answered', 'Valid', 'Invalid'),
      ...named('text', 'Reasons'),
    ],
    stages.map(({ stage, task, model, after, asked, answered, valid, invalid }) => [
      ...[stage, task, model, after ?? ''],
      ...[asked, answered, valid, answered - valid].map(formatCount),
      reasonsText(invalid, ', '),
    ]),
  );
}

function sectionHtml({ title, notes, tables, intervals, fits }: StoredSection, i: number): Html {
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

function warningsHtml({ warnings }: AnswersDocument): Html {
  if (warnings.length === 0) return html``;
  return html`<section aria-labelledby="warnings">
<h2 id="warnings">Warnings</h2>
<ul class="warnings">${warnings.map((line) => html`<li>${line}</li>`)}</ul>
</section>`;
}

function making({ settings, environment, data, checksums, seconds, ...result }: AnswersDocument) {
  const { chains, warmup, draws, algorithm, seed } = settings;
  const facts: readonly (readonly [string, string | Html])[] = [
    ['Command', html`<code>${result.command}</code>`],
    ['Seed', `${seed}`],
    [
      'Sampling',
      `${chains} chains, ${warmup} warm-up draws and ${draws} kept draws each; algorithm ${algorithm}`,
    ],
    ['weighbridge', result.weighbridge],
    ['Node', `${environment.node} on ${environment.platform}`],
    ['Time', `${seconds.toFixed(1)} s`],
    ['Data', html`<code>${data.folder}</code>`],
    ...Object.entries(checksums).map(
      ([file, sum]) => [`SHA-256 of ${file}`, html`<code>${sum}</code>`] as const,
    ),
  ];
  return html`<dl class="facts">
${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}
</dl>`;
}
