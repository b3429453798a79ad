/**
 * Explanations that need no knowledge of the model: the majority class, and logistic regressions on
 * simple features of the input. A model that knows itself must do better than these (Singh, Linzen &
 * Ravfogel 2026, arXiv 2605.26242). All are made by cross-validation: nothing is predicted for an item
 * from its own answers.
 */
import { randomStream } from '../../random/stream.js';
import { logisticRegression } from '../../regression/columns.js';
import { normal } from '../../regression/priors/constructors.js';
import { changes, type Explanation, groupBy, type Measured, type Prediction } from './table.js';

/** Names of the baselines, in the place of explainers. */
export const baselines = {
  majority: 'majority class',
  input: 'input only',
  firstAnswer: 'input and first answer',
} as const;

export function isBaseline(explainer: string): boolean {
  return Object.values<string>(baselines).includes(explainer);
}

/** A row of items, as the study has it. */
type ItemRow = Readonly<Record<string, string | number | boolean | null>>;

const FOLDS = 5;
/** A text column with at most so many different texts is a factor; others count by their words. */
const MOST_LEVELS = 8;
const CHAINS = { chains: 2, draws: 500, warmup: 500 };

/**
 * The baselines' explanations of one model's answers.
 *
 * `majority class` says for each item what is commonest among the others; `input only` says whether the
 * answer changes by the item's columns; `input and first answer` also knows the answer with the part,
 * and which columns of the item it equals. The answer without the part is the commonest one among the
 * items for which the same would be said; `input and first answer` keeps its answer where it says that
 * nothing changes, and avoids it where it says that something does.
 */
export async function baselineExplanations(
  measured: readonly Measured[],
  items: ReadonlyMap<string, ItemRow>,
  seed: number | string,
): Promise<Explanation[]> {
  const input = featuresOf(measured.map(({ item }) => items.get(item) ?? {}));
  const answers = featuresOf(measured.map((row) => answerColumns(row, items.get(row.item) ?? {})));
  const folds = foldsOf(measured, seed);
  const says = await Promise.all([
    crossValidated([], measured, folds, seed),
    crossValidated(input, measured, folds, seed),
    crossValidated([...input, ...answers], measured, folds, seed),
  ]);
  return [baselines.majority, baselines.input, baselines.firstAnswer].flatMap((explainer, which) =>
    measured.map((row, i): Explanation => {
      const changed = says[which]?.[i] ?? false;
      const others = measured.filter((_, other) => folds[other] !== folds[i]);
      return {
        ...{ target: row.target, explainer, shots: 0, trainedOn: 0, bank: null, measured: row },
        prediction: predictionOf(changed, others, explainer === baselines.firstAnswer ? row : null),
      };
    }),
  );
}

/** @param known the measured answers, if the first of them is known; else null */
function predictionOf(
  changed: boolean,
  others: readonly Measured[],
  known: Measured | null,
): Prediction {
  if (known && !changed) return { changed, answer: known.withPart };
  const alike = others.filter(
    (row) => changes(row) === changed && (known === null || row.without !== known.withPart),
  );
  const counts = [...groupBy(alike, ({ without }) => without)].sort(
    ([one, first], [other, second]) => second.length - first.length || (one < other ? -1 : 1),
  );
  return { changed, answer: counts[0]?.[0] ?? '' };
}

/** The first answer as columns: its label, and the columns of the item that it equals. */
function answerColumns({ withPart }: Measured, item: ItemRow): ItemRow {
  const equal = Object.entries(item).map(([name, cell]): [string, boolean] => [
    `first answer is ${name}`,
    String(cell) === withPart,
  ]);
  return { 'first answer': withPart, ...Object.fromEntries(equal) };
}

/** Standardized columns; those that are constant are left out. */
function featuresOf(rows: readonly ItemRow[]): number[][] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return names
    .flatMap((name) => columnsOf(rows.map((row) => row[name] ?? null)))
    .flatMap((values) => standardized(values) ?? []);
}

function columnsOf(cells: readonly (string | number | boolean | null)[]): number[][] {
  if (!cells.some((cell) => typeof cell === 'string')) return [cells.map(Number)];
  const texts = cells.map((cell) => String(cell ?? ''));
  const levels = [...new Set(texts)].sort();
  if (levels.length > MOST_LEVELS) {
    return [texts.map((text) => text.split(/\s+/).length)];
  }
  return levels.slice(1).map((level) => texts.map((text) => (text === level ? 1 : 0)));
}

function standardized(values: readonly number[]): [number[]] | null {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  if (!(squares > 0)) return null;
  return [values.map((value) => (value - mean) / Math.sqrt(squares))];
}

/** A fold for each row, drawn by seed; rows of one item are in one fold. */
function foldsOf(measured: readonly Measured[], seed: number | string): number[] {
  const names = [...new Set(measured.map(({ item }) => item))];
  const { uniform } = randomStream(seed, 'folds');
  const luck = new Map(names.map((name) => [name, uniform()]));
  const shuffled = [...names].sort((one, other) => (luck.get(one) ?? 0) - (luck.get(other) ?? 0));
  const folds = new Map(shuffled.map((name, i) => [name, i % FOLDS]));
  return measured.map(({ item }) => folds.get(item) ?? 0);
}

/** For each row, whether the regression on the rows of the other folds says that the answer changes. */
async function crossValidated(
  features: readonly (readonly number[])[],
  measured: readonly Measured[],
  folds: readonly number[],
  seed: number | string,
): Promise<boolean[]> {
  const says = measured.map(() => false);
  for (let fold = 0; fold < FOLDS; fold++) {
    const train = measured.flatMap((_, i) => (folds[i] === fold ? [] : [i]));
    const test = measured.flatMap((_, i) => (folds[i] === fold ? [i] : []));
    const outcome = train.map((i) => (measured[i] && changes(measured[i]) ? 1 : 0));
    const share = outcome.reduce<number>((sum, value) => sum + value, 0) / outcome.length;
    const constant = share === 0 || share === 1 || features.length === 0;
    const chances = constant
      ? test.map(() => share)
      : await chancesOf(features, { train, test, outcome }, seed);
    test.forEach((i, place) => {
      says[i] = (chances[place] ?? 0) > 0.5;
    });
  }
  return says;
}

async function chancesOf(
  features: readonly (readonly number[])[],
  { train, test, outcome }: Record<'train' | 'test', readonly number[]> & { outcome: number[] },
  seed: number | string,
): Promise<number[]> {
  const columns = (rows: readonly number[]) =>
    Object.fromEntries(features.map((values, j) => [`x${j + 1}`, rows.map((i) => values[i] ?? 0)]));
  const fit = await logisticRegression(
    { outcome, predictors: columns(train) },
    { ...CHAINS, seed, slopePrior: normal(0, 1) },
  );
  return fit.fitted({ data: columns(test) }).map(({ mean }) => mean);
}
