/**
 * Fits to some of the rows, which have not seen the others. Data and priors are those of the fit: the
 * intercept keeps its prior at the means of all rows, default priors are not made anew, and a level of a group
 * whose rows are all held out keeps its effects, which then are draws from the distribution of the group.
 */
import type { Cells } from '../../../models/families/family.js';
import {
  centrePredictors,
  membersOf,
  predictorsPerRow,
  type RegressionData,
  type RegressionSpecification,
} from '../../../models/regression-data.js';
import type { CancelSignal, FitRunner } from '../../fit/job.js';
import { requireDraws, requireRunning } from '../../fit/job.js';
import { requireProper } from '../../fit/propriety.js';
import { runHere } from '../../fit/run.js';
import { rankFacts } from '../../formula/rank.js';
import { distinctRows } from '../../linear-algebra/distinct-rows.js';
import { limitColumns, pickLimits } from '../../linear-algebra/limits.js';
import { deviationsWithin } from '../../linear-algebra/within-groups.js';
import type { PredictingFit } from '../after/linear-predictor.js';
import type { FittedRegression } from '../fitted-regression.js';

/** Runner, progress and cancellation of fits to some of the rows; settings and seed are those of the fit. */
export interface RefitOptions {
  /** Runs the fits. @default the runner of the fit */
  readonly runner?: FitRunner | undefined;
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number }) => void)
    | undefined;
  readonly signal?: CancelSignal | undefined;
}

/** A fit without some rows. */
export interface HeldOut {
  /** Unique among the fits; random streams are derived from it. */
  readonly name: string;
  readonly specification: RegressionSpecification;
}

/**
 * The regression without these rows, 0-based.
 *
 * @throws WeighbridgeError `improper-posterior` if the other rows do not hold coefficients with flat priors
 */
export function withoutRows(
  { specification, frame }: Pick<FittedRegression, 'specification' | 'frame'>,
  left: readonly number[],
): RegressionSpecification {
  const { data } = specification;
  const isLeft = new Uint8Array(data.rows);
  for (const row of left) isLeft[row] = 1;
  const kept = Int32Array.from({ length: data.rows }, (_, row) => row).filter(
    (row) => isLeft[row] === 0,
  );
  const reduced = { ...specification, data: rowsOf(data, kept) };
  const { predictors, sets } = reduced.data;
  const { names } = frame.encoded.population;
  // Columns of choices are told apart within their sets.
  const values = sets ? deviationsWithin(predictors.values, names.length, sets) : predictors.values;
  // With several linear predictors, what the data say of all rows stands.
  const facts = data.parts ? {} : rankFacts({ names, rows: kept.length, values }, data.intercept);
  requireProper(reduced, { ...frame.facts, ...facts });
  return reduced;
}

function rowsOf(data: RegressionData, kept: Int32Array): RegressionData {
  const { predictors, groups, outcomes, trials, weights, errors, limits } = data;
  const { offset, intercept, sets, parts, latents, thresholdGroup } = data;
  const height = predictorsPerRow(data);
  const pick = (values: Float64Array, width = 1) => {
    const picked = new Float64Array(kept.length * width);
    kept.forEach((row, i) => {
      picked.set(values.subarray(row * width, (row + 1) * width), i * width);
    });
    return picked;
  };
  const centre = intercept || parts ? centrePredictors(data).means : undefined;
  return {
    ...data,
    rows: kept.length,
    outcomes: pick(outcomes),
    trials: trials && pick(trials),
    ...(weights && { weights: pick(weights) }),
    ...(errors && { errors: pick(errors) }),
    ...(limits && { limits: pickLimits(limits, (values) => pick(values)) }),
    offset: offset && pick(offset, height),
    predictors: {
      ...predictors,
      rows: height * kept.length,
      values: pick(predictors.values, height * predictors.names.length),
      centre,
    },
    groups: groups.map((group) => {
      const [first, ...further] = membersOf(group).map(({ levelOf, values }) => ({
        levelOf: Int32Array.from(
          { length: height * kept.length },
          (_, at) => levelOf[height * kept[Math.floor(at / height)] + (at % height)],
        ),
        values: pick(values, height * group.coefficients.length),
      }));
      return { ...group, ...first, ...(group.further && { further }) };
    }),
    ...(sets && { sets: setsOf(sets, kept) }),
    ...(thresholdGroup && { thresholdGroup: Int32Array.from(kept, (row) => thresholdGroup[row]) }),
    // What is observed of predictors stays: only outcomes are held out.
    ...(latents && {
      latents: {
        ...latents,
        variables: latents.variables.map((variable) => ({
          ...variable,
          unitOf: Int32Array.from(kept, (row) => variable.unitOf[row]),
        })),
        terms: latents.terms.map((term) => ({ ...term, factors: pick(term.factors) })),
      },
    }),
  };
}

/** Sets that have rows, renumbered. */
function setsOf({ of }: Cells, kept: Int32Array): Cells {
  const numbers = new Map<number, number>();
  const own = Int32Array.from(kept, (row) => {
    const known = numbers.get(of[row]) ?? numbers.size;
    numbers.set(of[row], known);
    return known;
  });
  return { count: numbers.size, of: own };
}

/**
 * Makes the fits together, and calls back with each as soon as it is done: its draws with the data of all rows,
 * so that those held out can be predicted. Draws are valid during the call only.
 *
 * @throws WeighbridgeError `interrupted` if `signal` is aborted; errors of the fits, with their names
 */
export async function eachHeldOut(
  { specification, settings }: FittedRegression,
  parts: readonly HeldOut[],
  { runner = runHere, onProgress, signal }: RefitOptions,
  use: (part: number, fit: PredictingFit, warnings: readonly string[]) => void,
): Promise<void> {
  const places = new Map(parts.map(({ name }, part) => [name, part]));
  const jobs = parts.map((part) => ({ ...part, keepDraws: 'for-onFit' as const }));
  let done = 0;
  await runner(jobs, settings, {
    signal,
    onFit(result) {
      const part = places.get(result.name);
      if (part === undefined) return;
      use(part, { specification, settings, draws: requireDraws(result) }, result.warnings);
      onProgress?.({ done: ++done, total: parts.length });
    },
  });
  requireRunning(signal);
}

/** Rows of each observation: one, or the options of a choice set. */
export function rowsOfObservations({ rows, sets }: RegressionData): readonly (readonly number[])[] {
  if (!sets) return Array.from({ length: rows }, (_, row) => [row]);
  const found: number[][] = Array.from({ length: sets.count }, () => []);
  sets.of.forEach((set, row) => {
    found[set].push(row);
  });
  return found;
}

/** For each observation a number, the same for those that are equal, which the same fit can leave out. */
export function equalObservations(data: RegressionData): ArrayLike<number> {
  const { rows, outcomes, trials, weights, errors, limits } = data;
  const { offset, predictors, groups, sets } = data;
  // Each has a latent number of its own.
  if (data.latents) return Array.from({ length: rows }, (_, row) => row);
  const { thresholdGroup } = data;
  if (sets) return Array.from({ length: sets.count }, (_, set) => set);
  const { of } = distinctRows(rows, [
    { values: outcomes, width: 1 },
    ...(trials ? [{ values: trials, width: 1 }] : []),
    ...(weights ? [{ values: weights, width: 1 }] : []),
    ...(errors ? [{ values: errors, width: 1 }] : []),
    ...(limits ? limitColumns(limits) : []),
    ...(offset ? [{ values: offset, width: 1 }] : []),
    ...(thresholdGroup ? [{ values: thresholdGroup, width: 1 }] : []),
    { values: predictors.values, width: predictors.names.length },
    ...groups.flatMap((group) =>
      membersOf(group).flatMap(({ levelOf, values }) => [
        { values: levelOf, width: 1 },
        { values, width: group.coefficients.length },
      ]),
    ),
  ]);
  return of;
}
