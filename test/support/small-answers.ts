/** A small result of a described study. */
import type { Section, SectionFit } from '../../src/result/sections.js';
import type { AnswersFacts } from '../../src/result/write-answers.js';

export const answersFacts: AnswersFacts = {
  weighbridge: '0.0.0',
  study: 'essays',
  pack: 'judge',
  data: { folder: 'essays', simulated: true, description: 'simulated judges' },
  settings: { seed: 1, chains: 1, warmup: 0, draws: 1, algorithm: 'auto' },
  models: ['model-a', 'model-b'],
  stages: [
    {
      stage: 'ratings',
      task: 'rate',
      model: 'model-a',
      after: null,
      asked: 3,
      answered: 3,
      valid: 2,
      invalid: { 'not-a-number': 1 },
    },
  ],
  warnings: [],
  seconds: 1.5,
  command: 'weighbridge study analyse essays --out result',
  checksums: { 'study.yaml': '00' },
};

/** @param values one draw each of a single chain */
function fitOf(name: string, values: readonly number[]): SectionFit {
  return {
    name,
    formula: 'value ~ 1',
    family: 'gaussian(identity)',
    rows: 2,
    priors: [],
    algorithm: 'nuts',
    summary: [],
    diagnostics: {
      max_rhat: Number.NaN,
      min_ess_bulk: 400,
      min_ess_tail: 400,
      divergences: 0,
      max_depth_hits: 0,
      min_ebfmi: 1,
      pareto_k: null,
    },
    warnings: [],
    draws: {
      parameterNames: ['Intercept'],
      chains: 1,
      drawsPerChain: values.length,
      values: Float64Array.from(values),
    },
  };
}

export function sectionOf(fit: string, values: readonly number[]): Section {
  return {
    title: 'Ratings',
    notes: ['Ratings are treated as numbers.'],
    tables: [
      {
        caption: 'Means',
        columns: [
          { name: 'model', label: 'Model', kind: 'text' },
          { name: 'mean', label: 'Mean', kind: 'number', decimals: 1 },
          { name: 'n', label: 'Answers', kind: 'count' },
        ],
        rows: [
          ['model-a', 4.25, 1200],
          ['model-b', null, 0],
        ],
      },
    ],
    intervals: [
      {
        label: 'a - b',
        group: 'points',
        mean: 0.5,
        lower: -0.1,
        upper: 1.1,
        mass: 0.95,
        reference: 0,
        above: 0.94,
      },
      { label: 'b - c', group: 'points', mean: 2, lower: 1, upper: 3, mass: 0.95 },
    ],
    fits: [fitOf(fit, values)],
  };
}

export const smallSections: readonly Section[] = [sectionOf('ratings', [0.1, 0.2, 0.3, 0.4])];
