/**
 * Likelihoods with the effects of a group integrated out. The rows J of a level share u ~ normal(0, σ²),
 *
 *     p(y_J | θ) = ∫ Π_{j in J} p(y_j | η_j + z_j u) normal(u | 0, σ²) du,
 *     p(y_i | y_{J∖i}, θ) = 1 / E[1 / p(y_i | η_i + z_i u)],  u given y_J and θ,
 *
 * where θ are all other parameters, at each draw. Both depend on the outcomes left out far less than p(y_i | θ, u),
 * in which u has seen them (Merkle, Furr & Rabe-Hesketh 2019, Psychometrika 84). A level of one row may have several
 * effects u, because only zᵀu matters, which is normal(0, zᵀΣz).
 *
 * By Gauss-Hermite quadrature around the mean and standard deviation of u given y_J, which the quadrature itself
 * gives in a few passes (Naylor & Smith 1982, Applied Statistics 31). It is exact for normal outcomes.
 */
import { membersOf, predictorsPerRow } from '../../../models/regression-data.js';
import { type RowDensities, rowDensities } from '../../../models/reported-parameters.js';
import { badArgument } from '../../checks/values.js';
import { gaussHermite } from '../../linear-algebra/gauss-hermite.js';
import type { LogLikelihood } from '../../posterior/log-likelihood.js';
import { effectVariance } from '../after/effect-variance.js';
import { layoutOf } from '../after/layout.js';
import { linearPredictor, madeForRows, type PredictingFit } from '../after/linear-predictor.js';
import { refuseEffectsOfParameters, refuseLatents } from '../after/refusals.js';
import type { FittedRegression } from '../fitted-regression.js';
import { encodedOf } from './criteria.js';

/** A grouping factor whose effects are integrated out. */
interface IntegratedGroup {
  readonly group: string;
  readonly levels: readonly string[];
  /** Rows of each level. */
  readonly rowsOf: readonly (readonly number[])[];
}

/**
 * @param option that names the group, for messages
 * @throws WeighbridgeError `bad-argument` for a group without effects, or whose effects are not one number a level
 */
export function integratedGroup(
  { specification }: Pick<FittedRegression, 'specification'>,
  group: string,
  option: string,
): IntegratedGroup {
  const { data } = specification;
  const terms = data.groups.flatMap((one, term) => (one.group === group ? [term] : []));
  if (terms.length === 0) {
    const known = [...new Set(data.groups.map((one) => one.group))].join(', ') || 'none';
    throw badArgument(`${option} is ${group}, expected a group of the fit: ${known}`);
  }
  refuseEffectsOfParameters({ specification }, terms, 'integrated out of the likelihood');
  const instead = `leave groups out by kfold({ grouped: '${group}' })`;
  refuseLatents({ specification }, option, instead);
  if (data.sets)
    throw badArgument(`${option} is of rows, which choices among options do not have: ${instead}`);
  const [first] = terms.map((term) => data.groups[term]);
  if (first.further)
    throw badArgument(
      `the rows of ${group} have several members, whose effects are not integrated out: ${instead}`,
    );
  const rowsOf = first.levels.map((): number[] => []);
  const height = predictorsPerRow(data);
  for (let row = 0; row < data.rows; row++) rowsOf[first.levelOf[height * row]].push(row);
  const oneEffect = terms.length === 1 && first.coefficients.length === 1;
  const several = rowsOf.findIndex((rows) => rows.length > 1);
  if (!oneEffect && several >= 0) {
    throw badArgument(
      `${group} has several effects a level, which are integrated out of levels of one row, but ${first.levels[several]} has ${rowsOf[several].length} rows: ${instead}`,
    );
  }
  // A level without rows is nothing to leave out.
  const present = rowsOf.flatMap((rows, level) => (rows.length > 0 ? [level] : []));
  return {
    group,
    levels: present.map((level) => first.levels[level]),
    rowsOf: present.map((level) => rowsOf[level]),
  };
}

/** log p(y_J | θ) of each level J. */
export function levelLikelihood(fit: PredictingFit, group: IntegratedGroup): LogLikelihood {
  const { chains, drawsPerChain } = fit.draws;
  const integrals = new LevelIntegrals(fit, group);
  const draws = chains * drawsPerChain;
  return {
    rows: group.levels.length,
    chains,
    drawsPerChain,
    block(first, count, target) {
      for (let level = first; level < first + count; level++) {
        target.set(integrals.integrate(level), (level - first) * draws);
      }
    },
  };
}

/** Numbers that are kept of levels whose rows have not all been asked for: 256 megabytes. */
const MOST_KEPT = 2 ** 25;

/** log p(y_i | y_{J∖i}, θ) of each row i of a level J. */
export function rowLikelihood(fit: PredictingFit, group: IntegratedGroup): LogLikelihood {
  const { chains, drawsPerChain } = fit.draws;
  const { rows } = fit.specification.data;
  const integrals = new LevelIntegrals(fit, group);
  const draws = chains * drawsPerChain;
  const levelOf = new Int32Array(rows);
  group.rowsOf.forEach((own, level) => {
    for (const row of own) levelOf[row] = level;
  });
  // A level is integrated once for all of its rows.
  const kept = new Map<number, Float64Array>();
  const ofRow = (row: number): Float64Array => {
    if (!kept.has(row)) {
      if ((kept.size + group.rowsOf[levelOf[row]].length) * draws > MOST_KEPT) kept.clear();
      for (const [own, values] of integrals.conditional(levelOf[row])) kept.set(own, values);
    }
    const values = kept.get(row);
    if (!values) throw new RangeError(`row ${row + 1} is not in its level`);
    kept.delete(row);
    return values;
  };
  return {
    rows,
    chains,
    drawsPerChain,
    block(first, count, target) {
      for (let i = 0; i < count; i++) target.set(ofRow(first + i), i * draws);
    },
  };
}

const NODES = 21;
const MOST_PASSES = 12;
/** Difference of log integrals between two passes that is no longer one. */
const TOLERANCE = 1e-9;
/** The scale shrinks to no less than this share of itself in a pass, because nodes may miss what lies between them. */
const LEAST_SHRINKING = 0.25;

class LevelIntegrals {
  readonly #group: IntegratedGroup;
  readonly #predictor: ReturnType<typeof linearPredictor>;
  readonly #densities: (row: number) => RowDensities;
  readonly #writeSpread: (row: number, target: Float64Array) => void;
  /** The multiplier of the only effect in a row; 1 where the spread has it. */
  readonly #multiplier: (row: number) => number;
  readonly #draws: number;
  readonly #points: Float64Array;
  readonly #logWeights: Float64Array;
  /** Σ_j log p(y_j), then the log integrand with the weight of the node; row-major (node, draw). */
  readonly #integrand: Float64Array;
  readonly #node: Float64Array;
  /** Nodes are at centre + scale x, in units of the spread. */
  readonly #centre: Float64Array;
  readonly #scale: Float64Array;
  readonly #spread: Float64Array;

  constructor(fit: PredictingFit, group: IntegratedGroup) {
    const { specification } = fit;
    const { data } = specification;
    this.#group = group;
    const others = data.groups.map((one) => one.group).filter((name) => name !== group.group);
    const encoded = encodedOf(data);
    this.#predictor = linearPredictor(fit, encoded, { groups: others });
    this.#densities = madeForRows(this.#predictor, rowDensities(specification));
    this.#draws = fit.draws.chains * fit.draws.drawsPerChain;
    const layout = layoutOf(fit);
    const height = predictorsPerRow(data);
    const terms = data.groups.flatMap((one, term) =>
      one.group === group.group
        ? [{ one, add: effectVariance(fit, layout.groups[term], this.#predictor.drawsUsed) }]
        : [],
    );
    const zOf = ({ one }: (typeof terms)[number], row: number) => {
      const size = one.coefficients.length;
      const [{ values }] = membersOf(one);
      return values.subarray(height * row * size, (height * row + 1) * size);
    };
    const [only] = terms;
    const isOne = terms.length === 1 && only.one.coefficients.length === 1;
    this.#multiplier = (row) => (isOne ? zOf(only, row)[0] : 1);
    this.#writeSpread = (row, target) => {
      target.fill(0);
      for (const term of terms) term.add(isOne ? Float64Array.of(1) : zOf(term, row), target);
      for (let s = 0; s < target.length; s++) target[s] = Math.sqrt(target[s]);
    };
    const { points, weights } = gaussHermite(NODES);
    this.#points = points;
    // Σ w f(x) is E f: without the density of x, it integrates f.
    this.#logWeights = weights.map((weight, k) => Math.log(weight) + 0.5 * points[k] ** 2);
    this.#integrand = new Float64Array(NODES * this.#draws);
    this.#node = new Float64Array(this.#draws);
    this.#centre = new Float64Array(this.#draws);
    this.#scale = new Float64Array(this.#draws);
    this.#spread = new Float64Array(this.#draws);
  }

  /** log p(y_J | θ) at each draw; leaves nodes and integrand of the level. */
  integrate(level: number): Float64Array {
    const rows = this.#group.rowsOf[level];
    this.#writeSpread(rows[0], this.#spread);
    this.#centre.fill(0);
    this.#scale.fill(1);
    const etas = rows.map((row) => {
      const eta = new Float64Array(this.#draws);
      this.#predictor.eta(row, eta);
      return eta;
    });
    let integral = this.#pass(rows, etas);
    for (let pass = 1; pass < MOST_PASSES; pass++) {
      this.#adapt(integral);
      const next = this.#pass(rows, etas);
      const change = next.reduce((most, value, s) => {
        const difference = Math.abs(value - integral[s]);
        return difference > most ? difference : most;
      }, 0);
      integral = next;
      if (change < TOLERANCE) break;
    }
    return integral;
  }

  /** log p(y_i | y_{J∖i}, θ) of each row i of a level, at each draw. */
  conditional(level: number): Map<number, Float64Array> {
    const integral = this.integrate(level);
    const rows = this.#group.rowsOf[level];
    if (rows.length === 1) return new Map([[rows[0], integral]]);
    return new Map(
      rows.map((row) => {
        const eta = new Float64Array(this.#draws);
        this.#predictor.eta(row, eta);
        const inverse = new LogSums(this.#draws);
        this.#eachNode(row, eta, (k, density) => {
          const start = k * this.#draws;
          for (let s = 0; s < this.#draws; s++) {
            inverse.add(s, this.#integrand[start + s] - integral[s] - density[s]);
          }
        });
        return [row, inverse.values().map((value) => -value)];
      }),
    );
  }

  /** Writes the integrand at the nodes; returns the log integrals. */
  #pass(rows: readonly number[], etas: readonly Float64Array[]): Float64Array {
    const draws = this.#draws;
    this.#integrand.fill(0);
    rows.forEach((row, j) => {
      this.#eachNode(row, etas[j], (k, density) => {
        for (let s = 0; s < draws; s++) this.#integrand[k * draws + s] += density[s];
      });
    });
    const sums = new LogSums(draws);
    for (let k = 0; k < NODES; k++) {
      for (let s = 0; s < draws; s++) {
        const x = this.#centre[s] + this.#scale[s] * this.#points[k];
        const at = k * draws + s;
        this.#integrand[at] += this.#logWeights[k] + Math.log(this.#scale[s]) - 0.5 * x * x;
        sums.add(s, this.#integrand[at]);
      }
    }
    return sums.values();
  }

  /** Calls back with the log densities of a row at each node. */
  #eachNode(
    row: number,
    eta: Float64Array,
    onNode: (node: number, density: Float64Array) => void,
  ): void {
    const densities = this.#densities(row);
    const z = this.#multiplier(row);
    for (let k = 0; k < NODES; k++) {
      for (let s = 0; s < this.#draws; s++) {
        const x = this.#centre[s] + this.#scale[s] * this.#points[k];
        this.#node[s] = eta[s] + z * this.#spread[s] * x;
      }
      densities(row, this.#node);
      onNode(k, this.#node);
    }
  }

  /** Moves the nodes to the mean and the standard deviation of the effect given the level's outcomes. */
  #adapt(integral: Float64Array): void {
    const draws = this.#draws;
    for (let s = 0; s < draws; s++) {
      let mean = 0;
      let square = 0;
      for (let k = 0; k < NODES; k++) {
        const weight = Math.exp(this.#integrand[k * draws + s] - integral[s]);
        mean += weight * this.#points[k];
        square += weight * this.#points[k] ** 2;
      }
      const sd = Math.sqrt(Math.max(square - mean * mean, 0));
      // Nothing is known where the density underflows at all nodes.
      if (!Number.isFinite(mean)) continue;
      this.#centre[s] += this.#scale[s] * mean;
      this.#scale[s] *= Math.max(sd, LEAST_SHRINKING);
    }
  }
}

/** Sums of exponentials, each by its logarithm. */
class LogSums {
  readonly #most: Float64Array;
  readonly #sums: Float64Array;

  constructor(count: number) {
    this.#most = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#sums = new Float64Array(count);
  }

  add(place: number, log: number): void {
    const most = this.#most[place];
    if (log <= most) this.#sums[place] += Math.exp(log - most);
    else {
      this.#sums[place] = this.#sums[place] * Math.exp(most - log) + 1;
      this.#most[place] = log;
    }
  }

  values(): Float64Array {
    return this.#sums.map((sum, place) => this.#most[place] + Math.log(sum));
  }
}
