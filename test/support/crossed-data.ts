/**
 * Simulated evaluations of language models with crossed group effects, of any size: data of
 * bench/peer/scale.mjs and of the comparison with long Stan runs (test/reference/crossed). The same
 * size gives the same rows wherever it is made.
 */
import { createHash } from 'node:crypto';
import { type RandomStream, randomStream } from '../../src/random/stream.js';

export interface CrossedData {
  /** As in tables: `10 x 100`. */
  readonly name: string;
  /** Name of its files, without an extension: `10-x-100`. */
  readonly file: string;
  readonly formula: string;
  /** Columns of equal length, one number or level per row; the first is the outcome, 0 or 1. */
  readonly columns: Readonly<Record<string, readonly (number | string)[]>>;
}

const inverseLogit = (x: number) => 1 / (1 + Math.exp(-x));
const normals = (random: RandomStream, count: number, sd: number) =>
  Array.from({ length: count }, () => sd * random.normal());

/** Level names of equal length, so that R's order of text is that of the numbers. */
const levelsOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => prefix + `${i + 1}`.padStart(`${count}`.length, '0'));

export interface ModelsByItems {
  /** Answers of each model to each item. @default 1 */
  readonly repeats?: number;
  /**
   * Adds a standard normal predictor `x` with coefficient 0.5, so that no two rows are equal.
   * @default false
   */
  readonly predictor?: boolean;
}

/** Each of `models` answers each of `items`: model sd 0.8, item sd 1.5, intercept 0.4, logit. */
export function modelsByItems(
  models: number,
  items: number,
  { repeats = 1, predictor = false }: ModelsByItems = {},
): CrossedData {
  const random = randomStream('crossed', models, items);
  const ability = normals(random, models, 0.8);
  const ease = normals(random, items, 1.5);
  const itemLevels = levelsOf('i', items);
  const y: number[] = [];
  const x: number[] = [];
  const model: string[] = [];
  const item: string[] = [];
  levelsOf('m', models).forEach((modelLevel, m) => {
    for (let cell = 0; cell < items * repeats; cell++) {
      const i = cell % items;
      const slope = predictor ? random.normal() : 0;
      const eta = 0.4 + ability[m] + ease[i] + 0.5 * slope;
      y.push(random.uniform() < inverseLogit(eta) ? 1 : 0);
      if (predictor) x.push(slope);
      model.push(modelLevel);
      item.push(itemLevels[i]);
    }
  });
  const suffix = `${repeats > 1 ? ` x ${repeats}` : ''}${predictor ? ', predictor' : ''}`;
  const name = `${models} x ${items}${suffix}`;
  return {
    name,
    file: name.replace(/\W+/g, '-'),
    formula: `y ~ 1${predictor ? ' + x' : ''} + (1 | model) + (1 | item)`,
    columns: { y, ...(predictor ? { x } : {}), model, item },
  };
}

/**
 * A study of worked examples like the public one of docs/ablation.md: each item without examples and
 * with 4 or 8, of which there are three draws (`bank`) each. `shot` is 1 with examples. Effects and
 * sds are about the means of that study's posterior.
 */
export function workedExamples(items: number): CrossedData {
  const random = randomStream('worked examples', items);
  const ease = normals(random, items, 4.3);
  const conditions = [
    { examples: 'k0', shot: 0, bank: 'none', effect: 0 },
    ...[2.5, 2.1].flatMap((effect, k) =>
      normals(random, 3, 1).map((draw, j) => ({
        examples: `k${4 * (k + 1)}`,
        shot: 1,
        bank: `k${4 * (k + 1)} draw ${j + 1}`,
        effect: effect + draw,
      })),
    ),
  ];
  const rows = conditions.flatMap(({ effect, ...condition }) =>
    levelsOf('i', items).map((item, i) => ({
      exact: random.uniform() < inverseLogit(-2.4 + effect + ease[i]) ? 1 : 0,
      ...condition,
      item,
    })),
  );
  return {
    name: `worked examples, ${items} items`,
    file: `worked-examples-${items}`,
    formula: 'exact ~ examples + (1 | item) + (0 + shot | bank)',
    columns: {
      exact: rows.map(({ exact }) => exact),
      examples: rows.map(({ examples }) => examples),
      shot: rows.map(({ shot }) => shot),
      bank: rows.map(({ bank }) => bank),
      item: rows.map(({ item }) => item),
    },
  };
}

/** The four sizes of the table, smallest first. */
export const crossedSizes: readonly (() => CrossedData)[] = [
  () => modelsByItems(10, 100),
  () => modelsByItems(20, 500),
  () => workedExamples(1400),
  () => modelsByItems(50, 2000),
];

/** Text that both sides read: no value has a comma or a quote. */
export function csvOf({ columns }: CrossedData): string {
  const names = Object.keys(columns);
  const rows = columns[names[0]].map((_, i) => names.map((name) => columns[name][i]).join(','));
  return `${[names.join(','), ...rows].join('\n')}\n`;
}

/** SHA-256 of the CSV text, by which a reference says which data it is of. */
export function fingerprint(data: CrossedData): string {
  return createHash('sha256').update(csvOf(data)).digest('hex');
}
