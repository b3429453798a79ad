/**
 * The report of a result as one HTML file that opens from disk. It makes no request, and its policy
 * forbids any. The order: results against the paper, latent correlations, figures, all weights, invalid reports,
 * convergence, how it was made.
 */
import { html, raw } from 'hono/html';
import { plotIntervals } from '../../plots/interval-plot.js';
import type { ContextRecord, FitRecord, ResultDocument } from '../../result/format.js';
import { latentRows } from '../latent-rows.js';
import { fixed, formatCount } from '../words.js';
import type { Html } from './data-table.js';
import { htmlPage, inlineSvg } from './page.js';
import {
  convergenceTable,
  latentTable,
  paperTable,
  pooledTables,
  reportsTable,
  weightsTable,
} from './tables.js';

/** A drawn figure with its title and caption. */
export interface ReportFigure {
  readonly name: string;
  readonly title: string;
  readonly svg: string;
  readonly caption: string;
}

export interface Report {
  readonly result: ResultDocument;
  readonly fits: readonly FitRecord[];
  readonly contexts: readonly ContextRecord[];
  readonly figures: readonly ReportFigure[];
  /** The name of a model in tables. */
  readonly modelName: (model: string) => string;
}

export async function reportHtml(report: Report): Promise<string> {
  const { result, fits, contexts, figures, modelName } = report;
  const body = html`<header>
<h1>${titleOf(result)}</h1>
<p class="lead">The analysis of Plunkett, Morris, Reddy &amp; Morales 2025, <cite>Self-Interpretability</cite> (arXiv 2505.17120), on ${result.models.join(' and ')}.</p>
${simulatedBanner(result)}
${keyFigures(report)}
<nav aria-label="Contents"><ul>
${sections
  .filter(([id]) => (id !== 'latent' || result.latent) && (id !== 'pooling' || result.pooled))
  .map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
</ul></nav>
</header>
<main>
${section('against-the-paper', paperTable(result))}
${result.latent ? section('latent', latentHtml(report)) : ''}
${section('figures', html`${figures.map(figureHtml)}`)}
${section('all-weights', weightsTable(result, contexts, modelName))}
${result.pooled ? section('pooling', pooledTables(result, modelName)) : ''}
${section('invalid-reports', reportsTable(result, modelName))}
${section('chains', convergenceTable(fits, modelName))}
${section('warnings', warningsList(result))}
${section('making', making(result))}
</main>
<footer><p>Written by weighbridge ${result.weighbridge}. HDI: highest-density interval. The numbers of every table and figure are in the folder <code>csv/</code> next to this file.</p></footer>`;
  return htmlPage(titleOf(result), body);
}

const sections = [
  ['against-the-paper', 'Against the paper'],
  ['latent', 'Latent correlations'],
  ['figures', 'Figures'],
  ['all-weights', 'Weights of every context'],
  ['pooling', 'Partial pooling'],
  ['invalid-reports', 'Invalid reports'],
  ['chains', 'Convergence'],
  ['warnings', 'Warnings'],
  ['making', 'How this was made'],
] as const;

/** Long sections, which begin on a new page in print. */
const onNewPage: ReadonlySet<string> = new Set(['figures', 'all-weights', 'chains']);

function section(id: (typeof sections)[number][0], content: Html): Html {
  const title = sections.find(([one]) => one === id)?.[1] ?? '';
  return html`<section class="${onNewPage.has(id) ? 'page' : ''}" aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}
</section>`;
}

function titleOf({ models }: ResultDocument): string {
  return `What ${models.length === 1 ? 'a model does' : 'models do'} against what ${models.length === 1 ? 'it says' : 'they say'}`;
}

function simulatedBanner({ data }: ResultDocument): Html {
  return data.simulated
    ? html`<p class="banner" role="note"><strong>SIMULATED DATA, not the paper's</strong> ${data.description ?? ''}</p>`
    : html``;
}

function keyFigures({ result, fits }: Report): Html {
  const { diagnostics } = result;
  const weights = fits.filter(({ kind }) => kind === 'weights').length;
  const short = fits.filter(({ warnings }) => warnings.length > 0).length;
  const facts = [
    [
      result.pooling === 'none' ? 'Weight regressions' : 'Contexts with weights',
      formatCount(weights),
    ],
    ['Fits that fall short', `${formatCount(short)} of ${formatCount(fits.length)}`],
    ['Largest R-hat', fixed(diagnostics.max_rhat, 4)],
    [
      'Least ESS, bulk and tail',
      `${formatCount(diagnostics.min_ess_bulk)}, ${formatCount(diagnostics.min_ess_tail)}`,
    ],
    ['Divergences', formatCount(diagnostics.divergences)],
  ];
  return html`<dl class="key">${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function figureHtml({ name, title, svg, caption }: ReportFigure): Html {
  return html`<figure id="${name}">
<div class="picture" role="region" aria-label="${title}" tabindex="0">${raw(inlineSvg(svg))}</div>
<figcaption>${caption}</figcaption>
</figure>`;
}

/** Raw against latent correlations, as a table and a picture, and the notes of the joint model. */
function latentHtml({ result, modelName }: Report): Html {
  const { latent_notes = [] } = result;
  const rows = latentRows(result);
  const { svg } = plotIntervals(
    rows.flatMap(({ model, label, raw, latent }) =>
      model === null
        ? []
        : [
            {
              label: `${modelName(model)}: ${label}`,
              mean: latent?.value ?? null,
              lower: latent?.hdi[0] ?? null,
              upper: latent?.hdi[1] ?? null,
              mass: 0.95,
              reference: raw?.value ?? null,
            },
          ],
    ),
    'correlation',
  );
  return html`${latentTable(rows, modelName)}
${latent_notes.length > 0 ? html`<ul class="warnings">${latent_notes.map((line) => html`<li>${line}</li>`)}</ul>` : ''}
${figureHtml({
  name: 'latent-figure',
  title: 'Raw and latent correlations',
  svg,
  caption:
    'Latent correlations with their 95% HDIs; the diamond is the raw correlation of the same comparison.',
})}`;
}

function making(result: ResultDocument): Html {
  const { settings, environment, data, checksums, seconds } = result;
  const weighed = result.weigh_choices === 'as-made' ? 'as they were made' : 'by probability';
  const facts: readonly (readonly [string, string | Html])[] = [
    ['Command', html`<code>${result.command}</code>`],
    ['Seed', `${settings.seed}`],
    [
      'Sampling',
      `${settings.chains} chains, ${settings.warmup} warm-up draws and ${settings.draws} kept draws each; algorithm ${settings.algorithm}`,
    ],
    ['Choices weighed', weighed],
    [
      'Learned weights',
      result.pooling === 'none'
        ? 'from a regression for each context'
        : 'from one multilevel regression of all contexts of a model and setting (partial pooling)',
    ],
    ['weighbridge', result.weighbridge],
    ['Node', `${environment.node} on ${environment.platform}`],
    ['Time', `${seconds.toFixed(1)} s`],
    ['Data', html`<code>${data.folder}</code>`],
  ];
  return html`<dl class="facts">
${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}
</dl>
<h3>SHA-256 of the data files</h3>
<div class="scroller plain" role="region" aria-label="SHA-256 of the data files" tabindex="0">
<table class="checksums">
<thead><tr><th scope="col">File</th><th scope="col">SHA-256</th></tr></thead>
<tbody>
${Object.entries(checksums).map(([file, sum]) => html`<tr><td>${file}</td><td><code>${sum}</code></td></tr>`)}
</tbody>
</table>
</div>`;
}

function warningsList({ warnings }: ResultDocument): Html {
  if (warnings.length === 0) return html`<p>None.</p>`;
  const list = html`<ul class="warnings">${warnings.map((line) => html`<li>${line}</li>`)}</ul>`;
  return warnings.length <= 10
    ? list
    : html`<details><summary>${warnings.length} lines</summary>${list}</details>`;
}
