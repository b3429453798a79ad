/** The comparison of explainers as sections: a table of explainers and intervals for each task. */
import type {
  Difference,
  Efficiency,
  TaskComparison,
  Told,
} from '../../analysis/explanations/compare-items.js';
import type { Section, SectionInterval, SectionTable } from '../../result/sections.js';
import { intervalOf, sectionFit } from '../../table-analysis/section-fit.js';
import { untold } from './json.js';
import { matchSummary } from './match.js';

export function explainerSections(tasks: readonly TaskComparison[]): Section[] {
  return tasks.map((task) => ({
    title: `${task.task}: who explains better?`,
    notes: [
      ...task.notes,
      ...untold(task).map(([what, why]) => `Not told: ${what}. ${why}`),
      ...matchNotes(task.efficiency),
    ],
    tables: [explainerTable(task), ...changedTables(task)],
    intervals: intervalsOf(task),
    fits: task.fits.map(({ name, fit }) => sectionFit(`${task.task}: ${name}`, fit)),
  }));
}

const text = (name: string, label: string) => ({ name, label, kind: 'text' }) as const;
const counted = (name: string, label: string) => ({ name, label, kind: 'count' }) as const;
const number = (name: string, label: string) =>
  ({ name, label, kind: 'number', decimals: 3 }) as const;

function explainerTable({ explainers, kind }: TaskComparison): SectionTable {
  return {
    caption: 'Answers as they are in the tables',
    columns: [
      text('explainer', 'explainer'),
      counted('items', 'items'),
      counted('answers', 'answers'),
      counted('invalid', 'no answer'),
      number('observed', kind === 'exact' ? 'share right' : 'mean score'),
    ],
    rows: explainers.map(({ name, items, answers, invalid, observed }) => [
      ...[name, items, answers, invalid, observed],
    ]),
  };
}

function changedTables({ changed }: TaskComparison): SectionTable[] {
  if (changed === null) return [];
  const rates = [
    ['precision', 'precision of changed'],
    ['recall', 'recall of changed'],
    ['hasChangedF1', 'macro F1'],
  ] as const;
  return [
    {
      caption: 'Saying that the output changes, with 95% HDIs',
      columns: [
        text('explainer', 'explainer'),
        ...rates.flatMap(([name, label]) => [
          number(name, label),
          number(`${name}_low`, 'HDI low'),
          number(`${name}_high`, 'HDI high'),
        ]),
      ],
      rows: changed.map((arm) => [
        arm.explainer,
        ...rates.flatMap(([name]) => [arm.rates[name].value, ...arm.rates[name].hdi]),
      ]),
    },
  ];
}

function intervalsOf(task: TaskComparison): SectionInterval[] {
  const what = task.kind === 'exact' ? 'accuracy' : 'score';
  const at = task.size === null ? '' : `, ${task.size} training examples`;
  const unit = `difference in ${what}${at}`;
  const interval = (label: string, told: Told, group: string, reference?: number) =>
    'why' in told
      ? []
      : [intervalOf(label, told.draws, { group, ...(reference !== undefined && { reference }) })];
  const asked = [
    ...interval('self − other', task.selfMinusOther, unit, 0),
    ...interval('vector: self − self without it', task.vector, unit, 0),
    ...interval('aligned: other, aligned − as it is', task.aligned, unit, 0),
    ...interval('self − other, aligned', task.selfMinusAligned, unit, 0),
  ];
  const pairs = task.differences.flatMap(({ one, other, score }) =>
    interval(`${one} − ${other}`, score, `${unit}, in pairs`, 0),
  );
  return [
    ...task.explainers.flatMap(({ name, accuracy }) =>
      interval(name, accuracy, task.kind === 'exact' ? `accuracy${at}` : `mean score${at}`),
    ),
    ...asked,
    // With one other explainer, a pair is what is shown above.
    ...pairs.filter(({ mean }) => !asked.some((one) => one.mean === mean)),
    ...logitIntervals(task.differences),
    ...slopeIntervals(task.efficiency, what),
  ];
}

function logitIntervals(differences: readonly Difference[]): SectionInterval[] {
  return differences.flatMap(({ one, other, logits }) =>
    logits === null
      ? []
      : intervalOf(`${one} − ${other}`, logits, { group: 'difference in logits', reference: 0 }),
  );
}

function slopeIntervals(efficiency: TaskComparison['efficiency'], what: string): SectionInterval[] {
  if ('why' in efficiency) return [];
  const group = `${what === 'accuracy' ? 'logits' : what} a doubling of the training examples`;
  return efficiency.slopes.map(({ explainer, draws }) =>
    intervalOf(explainer, draws, { group, reference: 0 }),
  );
}

function matchNotes(efficiency: Efficiency | { readonly why: string }): string[] {
  if ('why' in efficiency) return [];
  return efficiency.matches.map(({ explainer, n, needed }) => {
    const { median, lower, upper, never } = matchSummary(needed);
    const shown = (value: number | null) =>
      value === null ? '∞' : value >= 100 ? `${Math.round(value)}` : value.toPrecision(2);
    return `To match self at ${n} training examples, ${explainer} needs ${shown(median)}, 95% interval ${shown(lower)} to ${shown(upper)}; in ${(100 * never).toFixed(1)}% of the draws no number is enough.`;
  });
}
