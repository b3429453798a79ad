/**
 * Fits as exchange has to carry them: made up, with every kind of value that a fit can hold, and
 * any that fast-check finds.
 */
import fc from 'fast-check';
import type { Column } from '../../src/formula/table.js';
import { summarize } from '../../src/posterior/summary.js';
import type { FittedRegression } from '../../src/regression/fitted-regression.js';
import { defaultSettings } from '../../src/sampler/settings.js';

export interface Shape {
  readonly chains: number;
  readonly draws: number;
  /** Population-level coefficients beside the intercept. */
  readonly coefficients: readonly string[];
  readonly levels: readonly string[];
  readonly group: string;
  /** The next number of draws and data. */
  readonly number: () => number;
}

let counter = 0;
const someNumbers = () => Math.sin(counter++);

/** y ~ 1 + coefficients + (1 + x | group), of four rows, with made-up draws. */
export function madeUpFit(shape: Partial<Shape> = {}): FittedRegression {
  const {
    chains = 2,
    draws = 5,
    coefficients = ['x', 'x:z'],
    levels = ['a', 'b', 'größer, als ]'],
    group = 'g',
    number = someNumbers,
  } = shape;
  const rows = 4;
  const varying = ['Intercept', 'x'];
  const parameterNames = [
    'b_Intercept',
    ...coefficients.map((name) => `b_${name}`),
    ...varying.map((name) => `sd_${group}__${name}`),
    `cor_${group}__Intercept__x`,
    'sigma',
    ...varying.flatMap((name) => levels.map((level) => `r_${group}[${level},${name}]`)),
  ];
  const numbers = (length: number) => Float64Array.from({ length }, number);
  const levelOf = Int32Array.from({ length: rows }, (_, i) => i % levels.length);
  const values = numbers(chains * draws * parameterNames.length);
  const allDraws = { parameterNames, chains, drawsPerChain: draws, values };
  const columns: Record<string, Column> = {
    y: { kind: 'numeric', values: numbers(rows) },
    $odd: { kind: 'boolean', codes: Int8Array.from([1, 0, 1, -1]) },
    [group]: { kind: 'factor', levels, codes: levelOf },
  };
  const population = {
    names: coefficients,
    rows,
    values: numbers(rows * coefficients.length),
  };
  const groupMatrix = { names: ['(Intercept)', 'x'], rows, values: numbers(2 * rows) };
  const flat = { distribution: 'flat' } as const;
  const half = { distribution: 'student_t', df: 3, location: 0, scale: 2.5, lower: 0 } as const;
  const outcomes = numbers(rows);
  return {
    formula: `y ~ 1 + ${coefficients.join(' + ')} + (1 + x | ${group})`,
    family: { family: 'gaussian', link: 'identity' },
    givenPriors: [{ class: 'b', prior: { ...flat, upper: Number.POSITIVE_INFINITY } }],
    priors: [{ class: 'b', prior: flat, text: '(flat)', source: 'user' }],
    reading: { levels: { g: ['b', 'a'] }, missing: 'fail' },
    frame: {
      design: {
        formula: { text: 'y ~ x' },
        intercept: true,
        variables: { x: { kind: 'numeric', mean: number(), sd: number() } },
        constants: { 'scale(x)': [number(), number()] },
        groupLevels: { [group]: levels },
      } as unknown as FittedRegression['frame']['design'],
      encoded: {
        rows,
        population,
        groups: [
          {
            group,
            matrix: groupMatrix,
            levels,
            levelOf,
            newLevels: new Map([[3, 'new']]),
            correlated: true,
          },
        ],
        offset: null,
      },
      response: { name: 'y', values: outcomes, trials: null, levels: null },
      table: { rows, columns },
      usedRows: Int32Array.from([0, 2, 3, 7]),
      notes: ['Rows with missing values were left out: 4.'],
      facts: { droppedRows: 4, constantColumns: [], dependentColumns: [], oneLevelGroups: [] },
    },
    specification: {
      family: { family: 'gaussian', link: 'identity' },
      data: {
        rows,
        outcomes,
        trials: null,
        offset: numbers(rows),
        intercept: true,
        predictors: population,
        groups: [
          {
            group,
            coefficients: varying,
            levels,
            levelOf,
            values: groupMatrix.values,
            correlated: true,
          },
        ],
      },
      priors: {
        intercept: half,
        coefficients: coefficients.map(() => flat),
        sds: [[half, half]],
        correlations: [1],
        auxiliary: [half],
      },
    },
    settings: { ...defaultSettings, chains, draws, seed: 'any text' },
    draws: allDraws,
    parameters: summarize(allDraws),
    diagnostics: {
      maxRhat: Number.NaN,
      minEssBulk: number(),
      minEssTail: number(),
      divergences: 1,
      maxDepthHits: 0,
      minEbfmi: number(),
      paretoK: null,
    },
    warnings: ['bulk ESS is 3'],
    chains: Array.from({ length: chains }, (_, chain) => ({
      algorithm: 'nuts' as const,
      warmup: 900,
      energy: numbers(draws),
      transitions: {
        logDensity: numbers(draws),
        acceptance: numbers(draws),
        leapfrogSteps: Uint32Array.from({ length: draws }, (_, i) => 7 + i),
        treeDepth: Uint8Array.from({ length: draws }, (_, i) => i % 11),
        divergent: Uint8Array.from({ length: draws }, (_, i) => (i === chain ? 1 : 0)),
      },
      stepSize: 0.5 + chain,
      inverseMetric: numbers(7),
      acceptance: 0.8,
      divergences: 1,
      maxDepthHits: 0,
      leapfrogSteps: 100,
      warmupLeapfrogSteps: 200,
    })),
    notes: ['Group effects of g: non-centred.'],
  };
}

/** Any number that a float64 can be, the odd ones often. */
const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324),
);

/** Names of every kind of letter, and some that mean something to JavaScript or to the format. */
const anyName = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('$map', '$$x', '$number', '__proto__', 'constructor', '17', 'x/y', 'a.b', ' '),
);

/** A fit of any numbers and names. */
export const anyFit: fc.Arbitrary<FittedRegression> = fc
  .record({
    chains: fc.integer({ min: 1, max: 3 }),
    draws: fc.integer({ min: 4, max: 6 }),
    coefficients: fc.uniqueArray(anyName, { maxLength: 3 }),
    levels: fc.uniqueArray(anyName, { minLength: 1, maxLength: 3 }),
    group: anyName,
    numbers: fc.array(anyNumber, { minLength: 1, maxLength: 20 }),
  })
  .map(({ numbers, ...shape }) => {
    let next = 0;
    return madeUpFit({ ...shape, number: () => numbers[next++ % numbers.length] });
  });
