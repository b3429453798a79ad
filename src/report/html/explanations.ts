/** The report of a study of explanations: what it is, then each task, and how it was made. */
import { html } from 'hono/html';
import type { ExplanationsDocument } from '../../result/explanations-format.js';
import { formatCount } from '../words.js';
import type { Html } from './data-table.js';
import { htmlPage } from './page.js';
import { makingHtml, sectionHtml, warningsHtml } from './sections.js';

/** @param pages addresses of the pages of the viewer; null: the report is a file */
export async function explanationsHtml(
  result: ExplanationsDocument,
  pages: { readonly world: string; readonly questions: string } | null,
): Promise<string> {
  const { sections, weighbridge, networks, rows } = result;
  const body = html`<header>
<h1>Who explains a model better?</h1>
<p class="lead">${networks.length} small networks that explain one another and themselves. ${formatCount(rows)} answers${pages === null ? '' : html`. <a href="${pages.questions}">Every question and its answers</a>, <a href="${pages.world}">the world that they are about</a>`}</p>
<nav aria-label="Contents"><ul>
<li><a href="#study">The study</a></li>
${sections.map(({ title }, i) => html`<li><a href="#section-${i + 1}">${title}</a></li>`)}
<li><a href="#making">How this was made</a></li>
</ul></nav>
</header>
<main>
<section aria-labelledby="study">
<h2 id="study">The study</h2>
</section>
${sections.map(sectionHtml)}
${warningsHtml(result.warnings)}
<section aria-labelledby="making">
<h2 id="making">How this was made</h2>
${makingHtml(result, studyFacts(result))}
</section>
</main>
<footer><p>Written by weighbridge ${weighbridge}. HDI: highest-density interval. The numbers of every table and figure are in the folder <code>csv/</code> of the result.</p></footer>`;
  return htmlPage('Explanations: results', body);
}

function studyFacts({ size, seeds, world, study, networks, larger }: ExplanationsDocument) {
  const options = (all: Readonly<Record<string, unknown>>) =>
    Object.entries(all)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return [
    ['Size', `${size}, ${seeds} trainings of each explainer`],
    ['World', options(world)],
    ['Exercises', options(study)],
    ...[...networks, ...larger].map(
      (network) => [network.name, `seed ${network.seed}; ${options(network.size)}`] as const,
    ),
  ] satisfies readonly (readonly [string, string | Html])[];
}
