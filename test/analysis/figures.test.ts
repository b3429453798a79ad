/** The paper's figures beside ours, and what counts as agreement. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { agreementOf, type Figure, figuresOf, isCertain } from '../../src/analysis/figures.js';
import type { Reproduction } from '../../src/analysis/reproduce.js';
import { readPaperFigures } from '../../src/cli/paper-figures.js';
import { hdi, hpdInterval } from '../../src/posterior/intervals.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { figureTable } from '../../src/report/text-tables.js';

const figure = (changes: Partial<Figure>): Figure => ({
  section: 'Experiment 1',
  model: 'a model',
  label: 'reports, instilled',
  published: 0.54,
  publishedInterval: [0.47, 0.62],
  ours: 0.5412,
  mcse: 1e-8,
  interval: [0.4651, 0.6199],
  intervalMcse: [1e-8, 1e-8],
  decimals: 2,
  ...changes,
});

describe('agreement', () => {
  test.each<[string, Partial<Figure>, string]>([
    ['all digits the same', {}, 'same'],
    // The sd is .0395. A mean of 4,000 draws has an error of .00062, an end .003; half a unit is .005.
    ['the value off by its rounding and three errors', { ours: 0.5468 }, 'Monte Carlo'],
    ['the value one unit off', { ours: 0.5512 }, 'within HDI'],
    ['the value two units off, and the published one in our HDI', { ours: 0.5612 }, 'within HDI'],
    [
      'the value off, and the published one outside our HDI',
      { ours: 0.5912, interval: [0.5451, 0.6399] },
      'differs',
    ],
    ['an end one unit off', { interval: [0.4649, 0.63] }, 'Monte Carlo'],
    ['an end two units off', { interval: [0.4949, 0.62] }, 'within HDI'],
    [
      'only an interval is published, with its middle in our HDI',
      { published: null, interval: [0.3, 0.8] },
      'within HDI',
    ],
    [
      'only an interval is published, with its middle outside our HDI',
      { published: null, ours: 0.7, interval: [0.6, 0.8] },
      'differs',
    ],
    [
      'a percentage without an HDI',
      { published: 82.6, ours: 80.1, publishedInterval: null, interval: null, decimals: 1 },
      'differs',
    ],
    [
      'a percentage one unit off',
      { published: 82.6, ours: 82.7, publishedInterval: null, interval: null, decimals: 1 },
      'close',
    ],
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

describe('the error that published figures are judged by', () => {
  test('an end of a 95% HDI of 4,000 draws has an sd of .075, a mean of 1/sqrt(4000)', () => {
    const random = quickStream('ends', 1);
    const draws = new Float64Array(4000);
    const ends = { hdi: [] as number[], hpd: [] as number[] };
    for (let i = 0; i < 300; i++) {
      random.normals(draws);
      ends.hdi.push(...hdi(draws));
      ends.hpd.push(...hpdInterval(draws));
    }
    for (const values of [ends.hdi, ends.hpd]) {
      const errors = values.map((value) => Math.abs(value) - 1.96);
      const sd = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
      // 300 pairs of ends, each pair nearly one number: 4 relative errors of 1/sqrt(600).
      expect(Math.abs(sd / 0.075 - 1)).toBeLessThan(4 / Math.sqrt(600));
    }
  });
});

describe('certain digits', () => {
  test.each<[string, Partial<Figure>, boolean]>([
    ['no errors', {}, true],
    ['a value near a boundary, with an error', { ours: 0.5449, mcse: 1e-4 }, false],
    ['a value far from a boundary, with the same error', { ours: 0.542, mcse: 1e-4 }, true],
    ['an end near a boundary, with an error', { intervalMcse: [1e-4, 0] }, false],
    ['a negative value near a boundary', { ours: -0.0051, mcse: 1e-4 }, false],
    ['an error without an interval', { ours: 0.5449, mcse: 1e-4, interval: null }, false],
    ['a value that does not exist', { ours: Number.NaN }, true],
  ])('%s', (_, changes, expected) => {
    expect(isCertain(figure(changes), 2)).toBe(expected);
  });
});

/** A reproduction whose every correlation is the same. */
function reproductionOf(models: readonly string[]): Reproduction {
  const errors = [0, 0] as const;
  const correlation = {
    ...{ n: 500, r: 0.5, estimate: 0.5, estimateMcse: 0 },
    ...{ hdi: [0.4, 0.6] as const, hdiMcse: errors },
  };
  const effect = {
    ...{ n: 1000, median: 0.2, medianMcse: 0 },
    ...{ hpd: [0.1, 0.3] as const, hpdMcse: errors },
  };
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
    largestChangeMcse: { plus_100: 0, plus_and_minus_100: 0 },
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
    const table = stripVTControlCharacters(figureTable(figures, 'title'));
    expect(table).not.toMatch(/published|agreement|same/);
    expect(table).toMatch(/reports, instilled +│ +-?\d\.\d\d │ +\[/);
  });

  test('has nothing about training for a model that was never trained', async () => {
    const paper = await readPaperFigures();
    const result = { ...reproductionOf(['llama', 'qwen']), neverTrained: ['llama'] };
    const figures = figuresOf(result, paper);
    const about = (model: string | null) =>
      figures.filter((one) => one.model === model).map((one) => one.label);
    const ofTraining = /train/;
    expect(about('llama').filter((label) => ofTraining.test(label))).toEqual([]);
    expect(about('llama')).toContain('reports vs target weights');
    expect(about('qwen').filter((label) => ofTraining.test(label))).toHaveLength(4);
    // An effect over all models is one of the models that were trained only if all were.
    expect(about(null).some((label) => ofTraining.test(label))).toBe(false);
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
