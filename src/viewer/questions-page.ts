/** The questions of a study of explanations: a list that can be searched, and a page for each. */
import { html } from 'hono/html';
import { HELD_OUT } from '../report/explanations/tasks.js';
import {
  breakable,
  type Cell,
  type Column,
  dataTable,
  type Html,
} from '../report/html/data-table.js';
import { htmlPage } from '../report/html/page.js';
import { named, plainTable } from '../report/html/sections.js';
import { fixed, formatCount } from '../report/words.js';
import type { Predictions } from '../result/read-explanations.js';
import type { StudyItem } from './study-items.js';
import {
  addressOf,
  hasNames,
  pageLinks,
  pageOf,
  pickOne,
  type Query,
  searchForm,
} from './table-pages.js';

const verdicts = ['disagree', 'agree'] as const;

/** @param query `task`, `target`, `part`, `explainers` (`agree`, `disagree`), `words`, and `page` from 1 */
export async function questionsPage(items: readonly StudyItem[], query: Query): Promise<string> {
  const shown = pageOf(matching(items, query), query);
  const valuesOf = (name: 'task' | 'target' | 'part') => [
    ...new Set(items.map((item) => item[name])),
  ];
  const picks = [
    ...(['task', 'target', 'part'] as const).map((name) =>
      pickOne({ name }, valuesOf(name), query),
    ),
    pickOne({ name: 'explainers' }, verdicts, query),
  ];
  const body = html`<header>
<h1>Questions and answers</h1>
${studyLinks}
<p>Explainers disagree if their most frequent answers differ, each at its largest number of exercises and with the vector as it is. Items that are ${HELD_OUT} are about what no exercise to learn from was about.</p>
</header>
<main>
${searchForm('questions', query, picks)}
${plainTable(
  `Questions ${shown.range}`,
  [
    ...named('text', 'Question', 'Task', 'Target', 'Part', 'True answer', 'Explainers'),
    ...named('number', 'Answers'),
  ],
  shown.rows.map((one) => [
    html`<a href="${addressOf('question', { number: String(one.number) })}">${questionText(one)}</a>`,
    ...[one.task, one.target, one.part, one.truth],
    one.isDisputed ? 'disagree' : 'agree',
    formatCount(one.rows.length),
  ]),
)}
${pageLinks('questions', query, shown)}
</main>`;
  return htmlPage('Questions and answers', body, "'self'");
}

export const studyLinks = html`<nav aria-label="Study"><ul>
<li><a href="./">Results</a></li>
<li><a href="questions">Questions and answers</a></li>
<li><a href="world">The world</a></li>
</ul></nav>`;

function matching(items: readonly StudyItem[], query: Query): readonly StudyItem[] {
  const { task, target, part, explainers } = query;
  const isAsked = (wanted: string | undefined, found: string) => !wanted || wanted === found;
  const matches = hasNames(query);
  return items.filter(
    (one) =>
      isAsked(task, one.task) &&
      isAsked(target, one.target) &&
      isAsked(part, one.part) &&
      isAsked(explainers, one.isDisputed ? 'disagree' : 'agree') &&
      matches(`${one.item} ${one.truth}`),
  );
}

/** The item without the name of its target. */
function questionText({ item, target }: StudyItem): string {
  return item.startsWith(`${target}: `) ? item.slice(target.length + 2) : item;
}

/** What a question of a task asks for. */
const askedFor: Readonly<Record<string, string>> = {
  ablation:
    'The target reads this question with its hint. What does it answer without the hint: the same, or another letter?',
  patching:
    'The target reads this statement, and its activations at the position and layers named here are replaced by the mean of those with the other entity. What does it say next: the same, or another word?',
  features: 'Which inputs does this neuron or direction of the target respond to?',
};

/** @param count of all questions */
export async function questionPage(
  item: StudyItem,
  predictions: Predictions,
  count: number,
): Promise<string> {
  const { number, target, task, part, truth, cluster, isDisputed } = item;
  const beside = (other: number, text: string, rel: string) =>
    other < 1 || other > count
      ? ''
      : html`<li><a rel="${rel}" href="${addressOf('question', { number: String(other) })}">${text}</a></li>`;
  const fact = /^entity\d+ relation\d+$/.test(cluster)
    ? html`<div><dt>Fact</dt><dd><a href="${addressOf('world', { words: cluster })}">${cluster}</a></dd></div>`
    : '';
  const body = html`<header>
<h1>Question ${formatCount(number)} of ${formatCount(count)}</h1>
${studyLinks}
<nav aria-label="Questions"><ul>
${beside(number - 1, 'Previous', 'prev')}
${beside(number + 1, 'Next', 'next')}
</ul></nav>
</header>
<main>
<section aria-labelledby="question">
<h2 id="question">${questionText(item)}</h2>
<p>${askedFor[task] ?? ''}</p>
<dl class="facts">
<div><dt>True answer</dt><dd><strong>${truth}</strong></dd></div>
<div><dt>Target</dt><dd>${target}</dd></div>
<div><dt>Task</dt><dd>${task}, ${part}</dd></div>
${fact}
<div><dt>Explainers</dt><dd>${isDisputed ? 'disagree' : 'agree'}</dd></div>
</dl>
</section>
<section aria-labelledby="explainers">
<h2 id="explainers">Explainers</h2>
${summaryTable(item, predictions)}
</section>
<section aria-labelledby="answers">
<h2 id="answers">Every answer</h2>
${answersTable(item, predictions)}
</section>
</main>`;
  return htmlPage(`Question ${number}`, body, "'self'");
}

/** The rows of an item by explainer and vector, self first. */
function arms({ rows }: StudyItem, { explainer, vector }: Predictions) {
  const byArm = new Map<string, number[]>();
  for (const row of rows) {
    const key = `${explainer[row]}\n${vector[row]}`;
    const own = byArm.get(key);
    if (own) own.push(row);
    else byArm.set(key, [row]);
  }
  return [...byArm.values()].sort(
    ([a = 0], [b = 0]) => Number(explainer[b] === 'self') - Number(explainer[a] === 'self'),
  );
}

function summaryTable(item: StudyItem, predictions: Predictions): Html {
  const { explainer, vector, score, answer } = predictions;
  return plainTable(
    'Answers of each explainer over all its trainings',
    [
      ...named('text', 'Explainer', 'Vector'),
      ...named('number', 'Answers', 'Mean score', 'Different answers'),
    ],
    arms(item, predictions).map((own) => {
      const [first = 0] = own;
      const mean = own.reduce((sum, row) => sum + (score[row] ?? 0), 0) / own.length;
      return [
        ...[explainer[first] ?? '', vector[first] ?? '', formatCount(own.length), fixed(mean, 2)],
        formatCount(new Set(own.map((row) => answer[row])).size),
      ];
    }),
  );
}

const columns: readonly Column[] = [
  { label: 'Explainer', kind: 'text', pick: true, width: '16%' },
  { label: 'Vector', kind: 'text', pick: true, width: '10%' },
  { label: 'Exercises', kind: 'number', pick: true, width: '11%' },
  { label: 'Training', kind: 'text', width: '21%' },
  { label: 'Answer', kind: 'text', pick: true, width: '32%' },
  { label: 'Score', kind: 'number', width: '10%' },
];

function answersTable(item: StudyItem, predictions: Predictions): Html {
  const { explainer, vector, n, seed, model, answer, score } = predictions;
  const number = (value: number, text: string): Cell => ({ text, value });
  const rows = arms(item, predictions)
    .flat()
    .map((row): Cell[] => {
      const own = score[row] ?? 0;
      return [
        { text: breakable(explainer[row] ?? '') },
        { text: vector[row] ?? '' },
        number(n[row] ?? 0, formatCount(n[row] ?? 0)),
        { text: [model[row], seed[row]].filter((part) => part !== null).join(', ') },
        { text: answer[row] ?? '', ...(answer[row] === item.truth && { class: 'strong' }) },
        number(own, fixed(own, Number.isInteger(own) ? 0 : 2)),
      ];
    });
  return dataTable({
    id: 'every-answer',
    caption: 'Answers, the true one in bold',
    columns,
    rows,
  });
}
