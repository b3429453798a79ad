/**
 * The effects of one context at a time, u = (a, w_1 … w_P), and the likelihood of its choices. Given the
 * hyperparameters and the context's reports, the prior of u is independent normal with means m and
 * precisions d. Let the likelihood of the choices be about exp(b·u − ½ uᵀ H u). Then
 *
 *     u = A⁻¹ (b + d∘m) + L⁻ᵀ x,    A = H + diag(d) = L Lᵀ,
 *
 * with x about standard normal for every m and d. The map is one-to-one however rough b and H are: the
 * density of x is that of u times |L|⁻¹. Without choices u is non-centred; with many, u hardly depends
 * on m and d, as in a centred parametrization (as multilevel/group-map.ts, whose prior is the same for
 * all levels).
 *
 * Adjoints, with g = ∂/∂u of the log density, û = A⁻¹ (b + d∘m), h = A⁻¹ g, p = L⁻¹ g and t_j = L⁻¹ e_j:
 *
 *     x̄ = p,    m̄_j = d_j (u_j − m_j) + d_j h_j,
 *     d̄_j = −½ (u_j − m_j)² + 1 / 2d_j + h_j (m_j − û_j) − Σ_i x_i t_ij (Σ_k<i t_kj p_k + ½ t_ij p_i) − ½ t_jᵀ t_j,
 *
 * where the sum over i is the differential of L⁻ᵀ, −L⁻ᵀ Φ(L⁻¹ dA L⁻ᵀ)ᵀ, with Φ the lower triangle with
 * half of the diagonal (Murray 2016, arXiv 1602.07527).
 */
import { factorize } from '../../src/linear-algebra/cholesky.js';
import { dot } from '../../src/linear-algebra/sums.js';
import { compiledGroups, type GroupLikelihood } from '../kernels/row-kernel.js';

/** The choices of all contexts: those of context c are rows starts[c] to starts[c + 1] − 1. */
export interface Choices {
  /** One entry per context and one more, the number of choices. */
  readonly starts: Int32Array;
  /** Differences between the options: row-major (choice, attribute). */
  readonly differences: Float64Array;
  /** 1 for the first option, 0 for the other, or the probability of the first. */
  readonly outcomes: Float64Array;
}

/** Newton's method for the mode of a context's effects; their log density is concave. */
const MOST_STEPS = 30;
/** The search ends when the log density rises by less than this. */
const CLOSE = 1e-6;
const AVERAGING_ROUNDS = 6;
/** Least share of a Newton step. */
const LEAST_SHARE = 1e-3;

export class ContextEffects {
  /** Number of effects: attributes + 1. */
  readonly size: number;
  /** m and d: written by the caller before `evaluate`. */
  readonly mean: Float64Array;
  readonly precision: Float64Array;
  /** m̄ and d̄, after `evaluate`. */
  readonly meanGradient: Float64Array;
  readonly precisionGradient: Float64Array;
  /** u of the context last evaluated. */
  readonly effects: Float64Array;

  readonly #choices: Choices;
  /** H of each context, row-major (context, effect, effect), and b. */
  readonly #information: Float64Array;
  readonly #pull: Float64Array;
  readonly #lower: Float64Array;
  /** L⁻¹ by columns: t_j is row j. */
  readonly #inverse: Float64Array;
  readonly #centre: Float64Array;
  readonly #slope: Float64Array;
  readonly #whitenedSlope: Float64Array;
  /** Null without WebAssembly. */
  readonly #compiled: GroupLikelihood | null;

  constructor(choices: Choices, attributes: number) {
    const size = attributes + 1;
    const contexts = choices.starts.length - 1;
    const vector = () => new Float64Array(size);
    this.size = size;
    this.#choices = choices;
    const { starts, differences, outcomes } = choices;
    this.#compiled = compiledGroups({ starts, slopes: attributes, values: differences, outcomes });
    this.#information = new Float64Array(contexts * size * size);
    this.#pull = new Float64Array(contexts * size);
    this.#lower = new Float64Array(size * size);
    this.#inverse = new Float64Array(size * size);
    this.mean = vector();
    this.precision = vector();
    this.meanGradient = vector();
    this.precisionGradient = vector();
    this.effects = vector();
    this.#centre = vector();
    this.#slope = vector();
    this.#whitenedSlope = vector();
  }

  /**
   * Log density of the choices and of x, given m and d, up to a constant. Reads x at `start` of the
   * position and writes x̄ there; m̄ and d̄ to their vectors.
   */
  evaluate(context: number, position: Float64Array, start: number, gradient: Float64Array): number {
    const { size, mean, precision, effects } = this;
    const share = this.#writeEffects(context, position, start);
    const slope = this.#slope;
    let logDensity = this.#logLikelihood(context);
    for (let j = 0; j < size; j++) {
      const gap = effects[j] - mean[j];
      const pulled = precision[j] * gap;
      logDensity -= 0.5 * gap * pulled;
      slope[j] -= pulled;
    }
    this.#writeAdjoints(position, start, gradient);
    return logDensity + 0.5 * Math.log(share);
  }

  /** Writes u, and L and L⁻¹; returns |diag(d)| / |A|, from 0 to 1. */
  #writeEffects(context: number, position: Float64Array, start: number): number {
    const { size, mean, precision, effects } = this;
    const lower = this.#lower;
    const centre = this.#centre;
    const from = context * size * size;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) lower[i * size + j] = this.#information[from + i * size + j];
      lower[i * size + i] += precision[i];
      centre[i] = this.#pull[context * size + i] + precision[i] * mean[i];
    }
    factorize(lower, size);
    let share = 1;
    for (let i = 0; i < size; i++) share *= precision[i] / lower[i * (size + 1)] ** 2;
    this.#invert();
    // û = L⁻ᵀ L⁻¹ c, and u = L⁻ᵀ (L⁻¹ c + x).
    const inverse = this.#inverse;
    const whitened = this.#whitenedSlope;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += inverse[j * size + i] * centre[j];
      whitened[i] = sum;
    }
    for (let j = 0; j < size; j++) {
      let middle = 0;
      let away = 0;
      for (let i = j; i < size; i++) {
        middle += inverse[j * size + i] * whitened[i];
        away += inverse[j * size + i] * position[start + i];
      }
      centre[j] = middle;
      effects[j] = middle + away;
    }
    return share;
  }

  /** L⁻¹, stored by columns. */
  #invert(): void {
    const { size } = this;
    const lower = this.#lower;
    const inverse = this.#inverse;
    for (let j = 0; j < size; j++) {
      inverse[j * size + j] = 1 / lower[j * size + j];
      for (let i = j + 1; i < size; i++) {
        let sum = 0;
        for (let k = j; k < i; k++) sum -= lower[i * size + k] * inverse[j * size + k];
        inverse[j * size + i] = sum / lower[i * size + i];
      }
    }
  }

  /** Log likelihood of the choices at u; writes its slope to `#slope`. */
  #logLikelihood(context: number): number {
    const compiled = this.#compiled?.(context, this.effects, this.#slope) ?? Number.NaN;
    return Number.isNaN(compiled + this.#slope[0]) ? this.#plainLogLikelihood(context) : compiled;
  }

  #plainLogLikelihood(context: number): number {
    const { size, effects } = this;
    const { starts, differences, outcomes } = this.#choices;
    const slope = this.#slope;
    slope.fill(0);
    const attributes = size - 1;
    const end = starts[context + 1];
    let logLikelihood = 0;
    let product = 1;
    for (let i = starts[context], at = i * attributes; i < end; i++) {
      let eta = effects[0];
      for (let j = 1; j < size; j++) eta += effects[j] * differences[at + j - 1];
      // log p = y η − log(1 + exp η), without overflow.
      const small = Math.exp(-Math.abs(eta));
      const both = 1 + small;
      const positive = eta > 0;
      logLikelihood += outcomes[i] * eta - (positive ? eta : 0);
      product *= both;
      if (product > LARGE) {
        logLikelihood -= Math.log(product);
        product = 1;
      }
      const residual = outcomes[i] - (positive ? 1 : small) / both;
      slope[0] += residual;
      for (let j = 1; j < size; j++) slope[j] += residual * differences[at++];
    }
    return logLikelihood - Math.log(product);
  }

  /** x̄, m̄ and d̄ from g, which `#slope` holds. */
  #writeAdjoints(position: Float64Array, start: number, gradient: Float64Array): void {
    const { size, mean, precision, effects, meanGradient, precisionGradient } = this;
    const inverse = this.#inverse;
    const slope = this.#slope;
    const whitened = this.#whitenedSlope;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += inverse[j * size + i] * slope[j];
      whitened[i] = sum;
      gradient[start + i] = sum;
    }
    for (let j = 0; j < size; j++) {
      let shift = 0;
      let turn = 0;
      let squares = 0;
      let before = 0;
      for (let i = j; i < size; i++) {
        const t = inverse[j * size + i];
        const along = t * whitened[i];
        shift += along;
        turn += position[start + i] * t * (before + 0.5 * along);
        before += along;
        squares += t * t;
      }
      const gap = effects[j] - mean[j];
      meanGradient[j] = precision[j] * (gap + shift);
      precisionGradient[j] =
        0.5 * (1 / precision[j] - gap * gap - squares) + shift * (mean[j] - this.#centre[j]) - turn;
    }
  }

  /**
   * Sets b and H of a context to those of the likelihood around the mode of u, given m and d. The
   * search starts from the mode of the map so far.
   */
  linearize(context: number): void {
    const { size, effects } = this;
    this.#writeEffects(context, new Float64Array(size), 0);
    let height = this.#height(context);
    for (let step = 0; step < MOST_STEPS; step++) {
      const before = effects.slice();
      this.#writeNormal(context);
      this.#writeEffects(context, new Float64Array(size), 0);
      const whole = effects.map((value, j) => value - before[j]);
      let reached = this.#height(context);
      for (let scale = 0.5; reached < height && scale > LEAST_SHARE; scale /= 2) {
        for (let j = 0; j < size; j++) effects[j] = before[j] + scale * whole[j];
        reached = this.#height(context);
      }
      const gain = reached - height;
      height = reached;
      if (!(gain > CLOSE)) break;
    }
    this.#writeNormal(context);
  }

  /**
   * Sets b and H to the likelihood's slope and curvature averaged over the normal approximation itself,
   * whose mean and covariance are then closer to those of u than with the curvature at the mode
   * (variational Gaussian approximation: Opper & Archambeau 2009, Neural Computation 21). `linearize`
   * comes first.
   */
  average(context: number): void {
    const origin = new Float64Array(this.size);
    for (let round = 0; round < AVERAGING_ROUNDS; round++) {
      this.#writeEffects(context, origin, 0);
      this.#writeNormal(context, HERMITE);
    }
  }

  /** The log density of u given m and d, up to a constant. */
  #height(context: number): number {
    const { size, mean, precision, effects } = this;
    let logDensity = this.#logLikelihood(context);
    for (let j = 0; j < size; j++) logDensity -= 0.5 * precision[j] * (effects[j] - mean[j]) ** 2;
    return logDensity;
  }

  /**
   * Sets b and H to those of the likelihood at u, or averaged over normal(u, A⁻¹):
   * H = Σ E[p (1 − p)] d dᵀ, b = Σ E[y − p] d + H u. The expectation over η is by quadrature.
   */
  #writeNormal(context: number, { nodes, shares }: Quadrature = AT_THE_MIDDLE): void {
    const { size, effects } = this;
    const { starts, differences, outcomes } = this.#choices;
    const attributes = size - 1;
    const inverse = this.#inverse;
    const row = new Float64Array(size).fill(1);
    const information = this.#information.subarray(
      context * size * size,
      (context + 1) * size * size,
    );
    const pull = this.#pull.subarray(context * size, (context + 1) * size);
    information.fill(0);
    pull.fill(0);
    for (let i = starts[context]; i < starts[context + 1]; i++) {
      for (let j = 1; j < size; j++) row[j] = differences[i * attributes + j - 1];
      const eta = dot(row, effects);
      let variance = 0;
      for (let r = 0; r < size; r++) {
        let sum = 0;
        for (let j = 0; j <= r; j++) sum += inverse[j * size + r] * row[j];
        variance += sum * sum;
      }
      let mean = 0;
      let weight = 0;
      for (let node = 0; node < nodes.length; node++) {
        const p = 1 / (1 + Math.exp(-eta - Math.sqrt(variance) * nodes[node]));
        mean += shares[node] * p;
        weight += shares[node] * p * (1 - p);
      }
      for (let j = 0; j < size; j++) {
        pull[j] += (outcomes[i] - mean + weight * eta) * row[j];
        for (let k = 0; k < size; k++) information[j * size + k] += weight * row[j] * row[k];
      }
    }
  }
}

/** Nodes and weights for an expectation over a standard normal. */
interface Quadrature {
  readonly nodes: readonly number[];
  readonly shares: readonly number[];
}

const AT_THE_MIDDLE: Quadrature = { nodes: [0], shares: [1] };

/** Gauss-Hermite quadrature with seven nodes (Abramowitz & Stegun 1964, table 25.10). */
const HERMITE: Quadrature = {
  nodes: [
    -3.750439717725742, -2.366759410734541, -1.154405394739968, 0, 1.154405394739968,
    2.366759410734541, 3.750439717725742,
  ],
  shares: [
    0.000548268855972, 0.030757123967586, 0.240123178605013, 0.457142857142858, 0.240123178605013,
    0.030757123967586, 0.000548268855972,
  ],
};

/** A product above this is replaced by its logarithm. */
const LARGE = 1e200;
