/**
 * Elasticities of choices (Train 2009, Discrete Choice Methods with Simulation, section 3.6): by how many percent the
 * share of a kind of option changes if an attribute x of the same or of another kind rises by one percent. With P_j
 * the probability of option j of a set, and η its linear predictor,
 *
 *     ∂log P_j / ∂log x_k = x_k η_k′ (1[j = k] − P_k),
 *
 * and of kinds J and K over all sets, weighted by probability (sample enumeration),
 *
 *     E_JK = Σ_sets Σ_{j in J} P_j Σ_{k in K} ∂log P_j / ∂log x_k / Σ_sets Σ_{j in J} P_j,
 *
 * which is ∂log share_J / ∂log x_K. The slope of η is that of the whole formula, by differences: interactions,
 * logarithms and group effects take part.
 */
import { requireProbability } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { encode } from '../../formula/encode.js';
import { hasColumn, type Table } from '../../formula/table.js';
import { estimateLines, type PointSummary, pointSummary } from '../../posterior/point-summary.js';
import { type Printable, printable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import { kindsOf, type SharesOptions } from './choice-summaries.js';
import { linearPredictor } from './linear-predictor.js';
import { predictedData } from './new-data.js';
import { eachRow, meanOutcomes } from './predictions.js';

export interface ElasticitiesOptions extends SharesOptions {
  /** The attribute that changes: `price`, a column of numbers. */
  readonly of: string;
}

/** The elasticity of the share of a kind of option. */
export interface Elasticity extends PointSummary {
  /** The kind whose share changes. */
  readonly level: string;
  /** The kind whose attribute changes: with `level` itself, the own elasticity; with another, a cross elasticity. */
  readonly changed: string;
}

/**
 * By how many percent the share of each kind of option changes if the attribute of a kind rises by one percent,
 * own and cross, over all choice sets.
 *
 * @throws WeighbridgeError `bad-argument` for a family without choice sets, or an attribute that is no column of numbers
 */
export function elasticities(
  fit: FittedRegression,
  options: ElasticitiesOptions,
): readonly Elasticity[] & Printable {
  const { of, by, mass = 0.95, robust = false, ...others } = options;
  requireProbability('mass', mass);
  const { table, labels } = kindsOf(fit, 'elasticities', options);
  const slopeOf = slopesByLogarithm(fit, table, options);
  const sets = predictedData(fit, options.data, options.groups ?? 'all').sets();
  const setOf = (row: number) => sets?.of[row] ?? 0;
  const sums = new ElasticitySums(labels);
  // Options of a set need not stand together.
  const members = new Map<number, Option[]>();
  const sizes = new Map<number, number>();
  for (let row = 0; row < labels.length; row++) {
    sizes.set(setOf(row), (sizes.get(setOf(row)) ?? 0) + 1);
  }
  eachRow(fit, meanOutcomes, others, (row, probabilities) => {
    const own = members.get(setOf(row)) ?? [];
    own.push({ label: labels[row], probability: probabilities.slice(), slope: slopeOf(row) });
    members.set(setOf(row), own);
    if (own.length < (sizes.get(setOf(row)) ?? 0)) return;
    sums.add(own);
    members.delete(setOf(row));
  });
  const rows = sums
    .all()
    .map(
      ({ draws, ...pair }): Elasticity => ({ ...pair, ...pointSummary(draws, { mass, robust }) }),
    );
  return printable(rows, () =>
    estimateLines({
      rows,
      mass,
      label: ({ level }) => level,
      leading: (shown) => [{ head: `${of} of`, cells: shown.map(({ changed }) => changed) }],
    }).join('\n'),
  );
}

/** Change of log x in each direction, for the slope by differences. */
const STEP = 1e-4;

/** ∂η / ∂log x of a row, at each used draw. */
function slopesByLogarithm(
  fit: FittedRegression,
  table: Table,
  options: ElasticitiesOptions,
): (row: number) => Float64Array {
  const { of, groups = 'all' } = options;
  const column = typeof of === 'string' && hasColumn(table, of) ? table.columns[of] : undefined;
  if (column?.kind !== 'numeric') {
    const found = typeof of === 'string' ? `${of}, which is no column of numbers` : described(of);
    throw badArgument(`of is ${found}; expected an attribute of the options, such as price`);
  }
  const { design } = fit.frame;
  const predictorAt = (factor: number) => {
    const values = column.values.map((value) => value * factor);
    const changed = {
      ...table,
      columns: { ...table.columns, [of]: { ...column, values } },
    };
    const left = { groups: groups === 'none' ? 'leave-out' : 'include' } as const;
    return linearPredictor(fit, encode(design, changed, left), options);
  };
  const [below, above] = [predictorAt(Math.exp(-STEP)), predictorAt(Math.exp(STEP))];
  const low = new Float64Array(below.drawsUsed.length);
  return (row) => {
    const slope = new Float64Array(low.length);
    below.eta(row, low);
    above.eta(row, slope);
    return slope.map((value, s) => (value - low[s]) / (2 * STEP));
  };
}

interface Option {
  readonly label: string;
  readonly probability: Float64Array;
  readonly slope: Float64Array;
}

/** Numerators of pairs of kinds and denominators of kinds, by draw. */
class ElasticitySums {
  readonly #kinds: readonly string[];
  readonly #changes = new Map<string, Map<string, Float64Array>>();
  readonly #shares = new Map<string, Float64Array>();

  constructor(labels: readonly string[]) {
    this.#kinds = [...new Set(labels)];
  }

  /** The options of a set. */
  add(options: readonly Option[]): void {
    for (const { label, probability, slope } of options) {
      addTo(this.#shares, label, probability, () => 1);
      addTo(this.#row(label), label, probability, (s) => slope[s]);
      for (const other of options) {
        const change = (s: number) => -other.probability[s] * other.slope[s];
        addTo(this.#row(label), other.label, probability, change);
      }
    }
  }

  all(): { readonly level: string; readonly changed: string; readonly draws: Float64Array }[] {
    return this.#kinds.flatMap((level) =>
      this.#kinds.map((changed) => {
        const share = this.#shares.get(level) ?? new Float64Array();
        const change = this.#row(level).get(changed);
        // Kinds that never meet have nothing to do with each other.
        return { level, changed, draws: share.map((one, s) => (change ? change[s] / one : 0)) };
      }),
    );
  }

  #row(label: string): Map<string, Float64Array> {
    const known = this.#changes.get(label) ?? new Map<string, Float64Array>();
    this.#changes.set(label, known);
    return known;
  }
}

/** Adds probability × factor to the sum of a label, by draw. */
function addTo(
  sums: Map<string, Float64Array>,
  label: string,
  probability: Float64Array,
  factor: (draw: number) => number,
): void {
  const sum = sums.get(label) ?? new Float64Array(probability.length);
  for (let s = 0; s < sum.length; s++) sum[s] += probability[s] * factor(s);
  sums.set(label, sum);
}
