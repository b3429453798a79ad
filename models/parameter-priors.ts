/**
 * Parameters with their priors. Bounded parameters are mapped to the real line: σ > 0 by its
 * logarithm, a coefficient between two ends by a logistic function.
 *
 * With x_i = T_i(u_i) and a log density F(x) + Σ log p_i(x_i) of the parameters, that of the
 * position u is
 *
 *     f(u) = F(x) + Σ log p_i(x_i) + log |T_i′(u_i)|
 *     ∂f/∂u_i = (∂F/∂x_i + (log p_i)′) T_i′ + J_i′,                  J = log |T′|
 *     ∂²f/∂u_i∂u_j = ∂²F/∂x_i∂x_j T_i′ T_j′, plus on the diagonal
 *                    (log p_i)″ T_i′² + (∂F/∂x_i + (log p_i)′) T_i″ + J_i″,   T″ = T′ J′.
 */

import {
  type Prior,
  type PriorDensity,
  priorDensity,
  type Support,
} from './prior-distributions.js';
import { bounded, lowerBounded, type Transform, upperBounded } from './transforms.js';

export interface ParameterPriors {
  /** True if no parameter is bounded: parameters are the position. */
  readonly unbounded: boolean;
  /** Converts a position to parameters. */
  constrain(position: Float64Array, parameters: Float64Array): void;
  /** Converts parameters to a position; those on or beyond a bound are moved inside. */
  unconstrain(parameters: Float64Array): Float64Array;
  /** Converts parameters inside their bounds, such as draws, to a position. */
  positionOf(parameters: Float64Array): Float64Array;
  /** The prior's density of an unbounded parameter; null for a bounded one. */
  densityOf(index: number): PriorDensity | null;
  /**
   * The log prior with the log Jacobians, up to a constant. `gradient` holds ∂F/∂x on the way in
   * and ∂f/∂u on the way out.
   */
  addTo(position: Float64Array, parameters: Float64Array, gradient: Float64Array): number;
  /**
   * Turns the Hessian of F by the parameters into that of f by the position.
   *
   * @param gradient ∂F/∂x
   */
  addToHessian(
    position: Float64Array,
    parameters: Float64Array,
    gradient: Float64Array,
    hessian: Float64Array,
  ): void;
}

interface Parameter {
  readonly index: number;
  readonly density: PriorDensity;
  readonly lower: number;
  readonly upper: number;
  /** Null for an unbounded parameter. */
  readonly transform: Transform | null;
}

/** Unbounded parameters with normal priors, the most common: their loop makes no calls. */
interface NormalPriors {
  readonly indices: Int32Array;
  readonly means: Float64Array;
  readonly precisions: Float64Array;
  /** Sum of the log densities at the means. */
  readonly constant: number;
}

export const WHOLE_LINE: Support = {
  lower: Number.NEGATIVE_INFINITY,
  upper: Number.POSITIVE_INFINITY,
};

/** Values of a standard deviation. */
export const POSITIVE: Support = { ...WHOLE_LINE, lower: 0 };

/** @param natural ends of each parameter, in addition to its prior's */
export function parameterPriors(
  priors: readonly Prior[],
  natural: readonly Support[],
): ParameterPriors {
  const all = priors.map((prior, index) => parameterOf(prior, index, natural[index]));
  const bounded = all.flatMap(({ index, transform }) => (transform ? [{ index, transform }] : []));
  const isPlain = ({ transform }: Parameter, name: Prior['distribution'], index: number) =>
    transform === null && priors[index].distribution === name;
  const normals = normalPriors(
    priors,
    all.filter((parameter, i) => isPlain(parameter, 'normal', i)),
  );
  const others = all.filter(
    (parameter, i) => !isPlain(parameter, 'normal', i) && !isPlain(parameter, 'flat', i),
  );

  return {
    unbounded: bounded.length === 0,
    constrain(position, parameters) {
      for (let i = 0; i < position.length; i++) parameters[i] = position[i];
      for (const { index, transform } of bounded) {
        parameters[index] = transform.constrain(position[index]);
      }
    },
    unconstrain(parameters) {
      const position = parameters.slice();
      for (const { index, transform, lower, upper } of all) {
        if (transform)
          position[index] = transform.unconstrain(within(lower, upper, position[index]));
      }
      return position;
    },
    positionOf(parameters) {
      const position = parameters.slice();
      for (const { index, transform } of bounded) {
        position[index] = transform.unconstrain(position[index]);
      }
      return position;
    },
    densityOf(index) {
      const { density, transform } = all[index];
      return transform ? null : density;
    },
    addTo(position, parameters, gradient) {
      let sum = addNormals(normals, position, gradient);
      for (const { index, density, transform } of others) {
        const x = parameters[index];
        sum += density.logDensity(x);
        gradient[index] += density.derivative(x);
        if (transform) {
          const u = position[index];
          sum += transform.logJacobian(u);
          gradient[index] =
            gradient[index] * transform.derivative(u) + transform.logJacobianDerivative(u);
        }
      }
      return sum;
    },
    addToHessian(position, parameters, gradient, hessian) {
      const dimension = position.length;
      for (const { index, density, transform } of all) {
        const x = parameters[index];
        const diagonal = index * (dimension + 1);
        hessian[diagonal] += density.secondDerivative(x);
        if (!transform) continue;
        const u = position[index];
        const first = transform.derivative(u);
        for (let j = 0; j < dimension; j++) {
          hessian[index * dimension + j] *= first;
          hessian[j * dimension + index] *= first;
        }
        const second = first * transform.logJacobianDerivative(u);
        hessian[diagonal] +=
          (gradient[index] + density.derivative(x)) * second +
          transform.logJacobianSecondDerivative(u);
      }
    },
  };
}

function parameterOf(prior: Prior, index: number, natural: Support): Parameter {
  const density = priorDensity(prior);
  const lower = Math.max(density.lower, natural.lower);
  const upper = Math.min(density.upper, natural.upper);
  return { index, density, lower, upper, transform: transformOf(lower, upper) };
}

function transformOf(lower: number, upper: number): Transform | null {
  const hasLower = lower > Number.NEGATIVE_INFINITY;
  const hasUpper = upper < Number.POSITIVE_INFINITY;
  if (hasLower && hasUpper) return bounded(lower, upper);
  if (hasLower) return lowerBounded(lower);
  return hasUpper ? upperBounded(upper) : null;
}

/** Distance of a guess from a bound, as a share of the interval or of the distance from zero. */
const MARGIN = 0.05;

function within(lower: number, upper: number, x: number): number {
  const width = upper - lower;
  const margin = MARGIN * (Number.isFinite(width) ? width : Math.max(Math.abs(x), MARGIN));
  return Math.min(Math.max(x, lower + margin), upper - margin);
}

function normalPriors(priors: readonly Prior[], parameters: readonly Parameter[]): NormalPriors {
  const rows = parameters.flatMap(({ index }) => {
    const prior = priors[index];
    return prior.distribution === 'normal' ? [{ index, ...prior }] : [];
  });
  return {
    indices: Int32Array.from(rows, ({ index }) => index),
    means: Float64Array.from(rows, ({ mean }) => mean),
    precisions: Float64Array.from(rows, ({ sd }) => 1 / (sd * sd)),
    constant: parameters.reduce((sum, { density }, i) => sum + density.logDensity(rows[i].mean), 0),
  };
}

function addNormals(
  { indices, means, precisions, constant }: NormalPriors,
  position: Float64Array,
  gradient: Float64Array,
): number {
  let sum = constant;
  for (let i = 0; i < indices.length; i++) {
    const distance = position[indices[i]] - means[i];
    const slope = precisions[i] * distance;
    gradient[indices[i]] -= slope;
    sum -= 0.5 * slope * distance;
  }
  return sum;
}
