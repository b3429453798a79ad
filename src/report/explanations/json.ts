/** The comparison of explainers as JSON, with keys by task. */
import type { TaskComparison, Told } from '../../analysis/explanations/compare-items.js';
import { hdi } from '../../posterior/intervals.js';
import { diagnosticsRecord } from '../../posterior/summary.js';
import { matchSummary } from './match.js';

/** What the tables of a task cannot tell, and why, in order. */
export function untold(task: TaskComparison): [what: string, why: string][] {
  const parts: [string, Told | { readonly why: string } | object][] = [
    ['self minus other', task.selfMinusOther],
    ['what the vector adds', task.vector],
    ['what alignment adds', task.aligned],
    ['self minus other once aligned', task.selfMinusAligned],
    ['data efficiency', task.efficiency],
  ];
  const told = parts.flatMap(([what, part]): [string, string][] =>
    'why' in part ? [[what, part.why]] : [],
  );
  return task.changed === null
    ? [
        ...told,
        [
          'precision and recall of changed',
          'Not all rows say whether the output changed and whether the explainer says so (columns changed and says_changed).',
        ],
      ]
    : told;
}

/** The value of `tasks` in the JSON of `weighbridge explain`. */
export function explainersJson(tasks: readonly TaskComparison[]): Record<string, unknown> {
  return Object.fromEntries(tasks.map((task) => [task.task, taskJson(task)]));
}

function taskJson(task: TaskComparison) {
  return {
    scores: task.kind,
    training_examples: task.size,
    explainers: Object.fromEntries(
      task.explainers.map(({ name, items, answers, invalid, observed, accuracy }) => {
        const { mean = null, hdi: interval = null } = intervalJson(accuracy) ?? {};
        return [name, { n: items, answers, invalid, observed, accuracy: mean, hdi: interval }];
      }),
    ),
    self_minus_other: intervalJson(task.selfMinusOther),
    vector: intervalJson(task.vector),
    aligned: intervalJson(task.aligned),
    self_minus_aligned: intervalJson(task.selfMinusAligned),
    differences: task.differences.map(({ one, other, score, logits }) => ({
      ...{ one, other, difference: intervalJson(score) },
      logits: logits === null ? null : intervalJson({ draws: logits }),
    })),
    data_efficiency: efficiencyJson(task.efficiency),
    changed: changedJson(task.changed),
    not_told: Object.fromEntries(untold(task)),
    notes: task.notes,
    fits: task.fits.map(({ name, fit }) => ({
      ...{ name, formula: fit.formula, family: fit.family.family, warnings: fit.warnings },
      diagnostics: diagnosticsRecord(fit.diagnostics),
    })),
  };
}

function intervalJson(told: Told) {
  if ('why' in told) return null;
  const { draws } = told;
  return { mean: draws.reduce((sum, value) => sum + value, 0) / draws.length, hdi: hdi(draws) };
}

function efficiencyJson(efficiency: TaskComparison['efficiency']) {
  if ('why' in efficiency) return null;
  return {
    slopes: Object.fromEntries(
      efficiency.slopes.map(({ explainer, draws }) => [explainer, intervalJson({ draws })]),
    ),
    examples_to_match_self: Object.fromEntries(
      efficiency.matches.map(({ explainer, n, needed }) => [
        explainer,
        { self_examples: n, ...matchSummary(needed) },
      ]),
    ),
  };
}

function changedJson(changed: TaskComparison['changed']) {
  if (changed === null) return null;
  return Object.fromEntries(
    changed.map(({ explainer, rates }) => [
      explainer,
      { precision: rates.precision, recall: rates.recall, macro_f1: rates.hasChangedF1 },
    ]),
  );
}
