/** The paper's figures beside ours, and what counts as agreement. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { agreementOf, type Figure, figuresOf } from '../../src/analysis/figures.js';
import type { Reproduction } from '../../src/analysis/reproduce.js';
import { readPaperFigures } from '../../src/cli/paper-figures.js';
import { figureTable } from '../../src/report/table.js';

const figure = (changes: Partial<Figure>): Figure => ({
  section: 'Experiment 1',
  model: 'a model',
  label: 'reports, instilled',
  published: 0.54,
  publishedInterval: [0.47, 0.62],
  ours: 0.5412,
  interval: [0.4651, 0.6199],
  decimals: 2,
  ...changes,
});

describe('agreement', () => {
  test.each<[string, Partial<Figure>, string]>([
    ['all digits the same', {}, 'same'],
    ['the value one unit off', { ours: 0.5512 }, 'close'],
    ['the value two units off', { ours: 0.5612 }, 'differs'],
    ['an end one unit off', { interval: [0.4649, 0.63] }, 'close'],
    ['an end two units off', { interval: [0.4949, 0.62] }, 'differs'],
    ['only an interval is published', { published: null }, 'same'],
    ['nothing is published', { published: null, publishedInterval: null }, 'not published'],
    [
      'percentages have one decimal',
      { published: 82.6, ours: 82.56, publishedInterval: null, decimals: 1 },
      'same',
    ],
    ['a value that does not exist', { ours: Number.NaN }, 'differs'],
  ])('%s', (_, changes, expected) => {
    expect(agreementOf(figure(changes))).toBe(expected);
  });
});

/** A reproduction whose every correlation is the same. */
function reproductionOf(models: readonly string[]): Reproduction {
  const correlation = { n: 500, r: 0.5, estimate: 0.5, hdi: [0.4, 0.6] as const };
  const effect = { n: 1000, median: 0.2, hpd: [0.1, 0.3] as const };
  const set = { correlations: new Map(), effects: { instilled: effect, native: effect } };
  const keys = models.flatMap((model) =>
    [
      'learned_vs_target',
      'instilled/reports',
      'instilled/off_the_shelf_reports',
      'instilled/trained_reports',
      'native/reports',
      'native/trained_reports',
    ].map((what) => `${model}/${what}`),
  );
  return {
    ...set,
    correlations: new Map(keys.map((key) => [key, correlation])),
    comparisons: [],
    models: models.map((name) => ({
      name,
      weights: { instilled: [], native: [] },
      choicesAgreeingWithTargetPercent: 82.56,
      nativeChoicesPredictedPercent: 84.5,
      invalidReportsPercent: 0.68,
      reportsUsed: {
        offTheShelfReports: 20,
        instilledReports: 20,
        firstHalfTrainedReports: 10,
        lastHalfTrainedReports: 10,
        nativeReports: 20,
        nativeTrainedReports: 20,
      },
      reportCounts: [],
    })),
    reportsVsTarget: new Map(
      models.flatMap((name) => [
        [`${name}/before`, correlation],
        [`${name}/after`, correlation],
      ]),
    ),
    withoutLargest: set,
    largestChangeInR: { plus_100: 0.06, plus_and_minus_100: 0.12 },
    diagnostics: {
      maxRhat: 1,
      minEssBulk: 1,
      minEssTail: 1,
      divergences: 0,
      maxDepthHits: 0,
      minEbfmi: 1,
      paretoK: null,
    },
    warnings: [],
  };
}

describe('the list of figures', () => {
  test("has every figure of the paper for the paper's models", async () => {
    const paper = await readPaperFigures();
    const figures = figuresOf(
      reproductionOf(Object.keys(paper.experiment1.learned_vs_target_r)),
      paper,
    );
    // 5 + 1 + 3 + 2 for each model, two effects, two changes in r; one of these is unpublished.
    expect(figures).toHaveLength(2 * 11 + 2 + 2);
    const unpublished = figures.filter((one) => agreementOf(one) === 'not published');
    expect(unpublished.map((one) => one.label)).toEqual([
      'largest change in r without weights of ±100',
    ]);
  });

  test('has the same rows for another model, with nothing published', async () => {
    const figures = figuresOf(reproductionOf(['llama']), await readPaperFigures());
    expect(figures).toHaveLength(11 + 2 + 2);
    for (const one of figures) expect(agreementOf(one)).toBe('not published');
  });

  test("one of the paper's models alone: its figures are compared, those over both are not", async () => {
    const paper = await readPaperFigures();
    const figures = figuresOf(reproductionOf(['gpt-4o-2024-08-06']), paper);
    for (const one of figures) {
      expect(agreementOf(one) === 'not published', one.label).toBe(one.model === null);
    }
  });
});

describe('the table', () => {
  test('shows published value, ours, interval and agreement under a title and headings', () => {
    const text = figureTable(
      [
        figure({}),
        figure({ section: 'Appendix D', model: null, published: null, publishedInterval: null }),
      ],
      'SIMULATED',
    );
    // Colours may be on or off where this runs.
    const plain = stripVTControlCharacters(text);
    const [title] = plain.split('\n');
    expect(title).toBe('SIMULATED');
    expect(plain).toContain('Experiment 1 · a model');
    expect(plain).toMatch(
      /reports, instilled .*0\.54 \[0\.47, 0\.62\].* 0\.54 .*\[0\.47, 0\.62\].* same/,
    );
    expect(plain).toMatch(/│ Appendix D +│/);
    expect(plain).toMatch(/ - │ +0\.54 /);
  });
});
