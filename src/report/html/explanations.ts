/**
 * The report of a study of explanations: what it is, then each task with its forest plots and curves, and how it was
 * made. The viewer serves the same page.
 */
import { html, raw } from 'hono/html';
import { plotCurves } from '../../plots/curve.js';
import type { ExplanationsDocument, ScoreCurve } from '../../result/explanations-format.js';
import { fixed, formatCount, intervalText } from '../words.js';
import type { Html } from './data-table.js';
import { htmlPage, inlineSvg } from './page.js';
import { makingHtml, named, plainTable, sectionHtml, warningsHtml } from './sections.js';

/** Addresses of the pages of the viewer. */
interface StudyPages {
  readonly world: string;
  readonly questions: string;
}

/** @param pages null: the report is a file */
export async function explanationsHtml(
  result: ExplanationsDocument,
  pages: StudyPages | null,
): Promise<string> {
  const { sections, tasks, curves, weighbridge, networks, rows } = result;
  const names = Object.keys(tasks);
  const body = html`<header>
<h1>Who explains a model better?</h1>
<p class="lead">${formatCount(networks.length)} small networks explain one another and themselves: ${formatCount(rows)} answers.</p>
<nav aria-label="Contents"><ul>
${pages === null ? '' : html`<li><a href="${pages.questions}">Questions and answers</a></li><li><a href="${pages.world}">The world</a></li>`}
<li><a href="#study">What this is</a></li>
${sections.map(({ title }, i) => html`<li><a href="#section-${i + 1}">${title}</a></li>`)}
<li><a href="#making">How this was made</a></li>
</ul></nav>
</header>
<main>
<section aria-labelledby="study">
<h2 id="study">What this is, and what it does not show</h2>
${aboutStudy(result)}
</section>
${sections.map((section, i) => sectionHtml(section, i, curveFigure(curves, names[i] ?? '')))}
${warningsHtml(result.warnings)}
<section aria-labelledby="making">
<h2 id="making">How this was made</h2>
${makingHtml(result, studyFacts(result))}
</section>
</main>
<footer><p>Written by weighbridge ${weighbridge}. HDI: highest-density interval. The numbers of every table and figure are in the folder <code>csv/</code> of the result, and every answer is in <code>predictions.parquet</code>.</p></footer>`;
  return htmlPage('Who explains a model better?: results', body);
}

function aboutStudy({ networks, larger }: ExplanationsDocument): Html {
  const others =
    larger.length === 0
      ? ''
      : `, and ${larger.length === 1 ? 'a larger network explains' : `${larger.length} larger networks explain`} them too`;
  return html`<p>${formatCount(networks.length)} small transformers learned the same made-up world of facts, each from its own random start. Copies of them were then trained to answer questions about the computations of one of them: what its answer is without the hint in its input (ablation), what it says when a part of its activations is replaced (patching), and what a feature of it responds to (features). A copy of the network itself is called self, a copy of another one sibling${others}. All learned from the same exercises and were asked the same questions, whose true answers were computed exactly.</p>
<p>The method is that of Li et al. (2025, <a href="https://arxiv.org/abs/2511.08579">arXiv 2511.08579</a>), at a scale at which every truth is known. The networks have thousands of parameters, not billions, and one world of texts. The study shows what self, the vector and the alignment of coordinates contribute here; it says nothing about whether large language models know or can tell what they compute.</p>`;
}

function curveFigure(curves: readonly ScoreCurve[], task: string): Html {
  const explainers = known(curves.find((one) => one.task === task));
  if (explainers.length === 0) return html``;
  const { svg } = plotCurves(explainers, {
    ...{ x: 'training exercises (log scale)', y: 'mean score' },
    subtitle: 'mean of the scores (point), 95% HDI (line)',
  });
  const caption = `${task}: mean score by number of training exercises`;
  return html`<figure>
<div class="picture" role="region" aria-label="${caption}" tabindex="0">${raw(inlineSvg(svg))}</div>
<figcaption>Means of the scores as they are. Intervals are of a Bayesian bootstrap of clusters of items and of trainings; trainings of a few networks are few, so that they are rather too narrow.</figcaption>
${plainTable(
  caption,
  [...named('text', 'Explainer'), ...named('number', 'Exercises', 'Mean score', '95% HDI')],
  explainers.flatMap(({ label, points }) =>
    points.map(({ x, mean, lower, upper }) => [
      ...[label, formatCount(x), fixed(mean, 3), intervalText([lower, upper], 3)],
    ]),
  ),
)}
</figure>`;
}

/** The points that have numbers. */
function known(curve: ScoreCurve | undefined) {
  return (curve?.explainers ?? [])
    .map(({ explainer, points }) => ({
      label: explainer,
      points: points.flatMap(({ n, mean, lower, upper }) =>
        mean === null || lower === null || upper === null ? [] : [{ x: n, mean, lower, upper }],
      ),
    }))
    .filter(({ points }) => points.length > 0);
}

function studyFacts({ size, seeds, world, study, networks, larger }: ExplanationsDocument) {
  const options = (all: Readonly<Record<string, string | number>>) =>
    Object.entries(all)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return [
    ['Size', `${size}; trainings of each explainer: ${seeds}`],
    ['World', options(world)],
    ['Exercises', options(study)],
    ...[...networks, ...larger].map(
      (network) => [network.name, `seed ${network.seed}; ${options(network.size)}`] as const,
    ),
  ] satisfies readonly (readonly [string, string | Html])[];
}
