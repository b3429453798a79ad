/**
 * The report of a result as one HTML file that opens from a disk: no request is made, and the
 * page's own policy would forbid it. The story in order: what was found, against the paper; the
 * figures; every weight; what could not be used; whether the chains can be trusted; how it was made.
 */
import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { ContextRecord, FitRecord, ResultDocument } from '../result-folder/format.js';
import { convergenceTable } from './convergence-table.js';
import type { Html } from './data-table.js';
import { making, warningsList } from './making.js';
import { fixed, whole } from './number.js';
import { paperTable } from './paper-table.js';
import { reportsTable } from './reports-table.js';
import { script } from './script.js';
import { style } from './style.js';
import { weightsTable } from './weights-table.js';

/** A figure of the report: a picture that was drawn, and what to say of it. */
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
  /** How a model is called in tables. */
  readonly modelName: (model: string) => string;
}

export async function reportHtml(report: Report): Promise<string> {
  const { result, fits, contexts, figures, modelName } = report;
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${titleOf(result)}</title>
<style>${raw(style)}</style>
<noscript><style>.controls { display: none; } thead button::after { content: none; }</style></noscript>
</head>
<body>
<header>
<h1>${titleOf(result)}</h1>
<p class="lead">The analysis of Plunkett, Morris, Reddy &amp; Morales 2025, <cite>Self-Interpretability</cite> (arXiv 2505.17120), on ${result.models.join(' and ')}.</p>
${simulatedBanner(result)}
${keyFigures(report)}
<nav aria-label="Contents"><ul>
${sections.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
</ul></nav>
</header>
<main>
${section('against-the-paper', paperTable(result))}
${section('figures', html`${figures.map(figureHtml)}`)}
${section('all-weights', weightsTable(result, contexts, modelName))}
${section('invalid-reports', reportsTable(result, modelName))}
${section('chains', convergenceTable(fits, modelName))}
${section('warnings', warningsList(result))}
${section('making', making(result))}
</main>
<footer><p>Written by weighbridge ${result.weighbridge}. HDI: highest-density interval. The numbers of every table and figure stand in <code>csv/</code> beside this file.</p></footer>
<script>${raw(script)}</script>
</body>
</html>
`;
  return String(page);
}

const sections = [
  ['against-the-paper', 'Against the paper'],
  ['figures', 'Figures'],
  ['all-weights', 'Weights of every context'],
  ['invalid-reports', 'Invalid reports'],
  ['chains', 'Convergence'],
  ['warnings', 'Warnings'],
  ['making', 'How this was made'],
] as const;

/** Long ones begin on a page of their own. */
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

/** Nothing is fetched from anywhere; the one script is the one below. */
function policy(): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
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
    ['Weight regressions', whole(weights)],
    ['Fits that fall short', `${whole(short)} of ${whole(fits.length)}`],
    ['Largest R-hat', fixed(diagnostics.max_rhat, 4)],
    [
      'Least ESS, bulk and tail',
      `${whole(diagnostics.min_ess_bulk)}, ${whole(diagnostics.min_ess_tail)}`,
    ],
    ['Divergences', whole(diagnostics.divergences)],
  ];
  return html`<dl class="key">${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function figureHtml({ name, title, svg, caption }: ReportFigure): Html {
  return html`<figure id="${name}">
<div class="picture" role="region" aria-label="${title}" tabindex="0">${raw(inlineSvg(svg))}</div>
<figcaption>${caption}</figcaption>
</figure>`;
}

/** To a reader of the page it is one picture, whose parts may have no names of their own. */
function inlineSvg(svg: string): string {
  return svg
    .replace(/^<\?xml[^>]*>\s*/, '')
    .replace(/(<(?!svg\b)[a-zA-Z]+\b[^<>]*?) aria-label="[^"]*"/g, '$1');
}
