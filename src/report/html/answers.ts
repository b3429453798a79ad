/**
 * The report of a described study: counts of its answers, then each section, and how it was made. The
 * viewer serves the same page.
 */
import { html } from 'hono/html';
import type { AnswersDocument } from '../../result/answers-format.js';
import { reasonsText } from '../sections/csv.js';
import { formatCount } from '../words.js';
import type { Html } from './data-table.js';
import { htmlPage } from './page.js';
import { makingHtml, named, plainTable, sectionHtml, warningsHtml } from './sections.js';

/** @param answers address of the answers: a file beside the report, or a page of the viewer */
export async function answersHtml(result: AnswersDocument, answers: string): Promise<string> {
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
${sections.map((section, i) => sectionHtml(section, i))}
${warningsHtml(result.warnings)}
<section aria-labelledby="making">
<h2 id="making">How this was made</h2>
${makingHtml(result, [['Data', html`<code>${result.data.folder}</code>`]])}
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
