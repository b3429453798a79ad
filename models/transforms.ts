/**
 * One-to-one maps from the real line to a constrained parameter, each with what a model needs to
 * add to its log density and gradient (the change of variables; Stan Reference Manual, "Constraint
 * Transforms").
 */
export interface Transform {
  /** The constrained value of an unconstrained one. */
  constrain(u: number): number;
  /** The unconstrained value of a constrained one. */
  unconstrain(x: number): number;
  /** dx/du. */
  derivative(u: number): number;
  /** log |dx/du|. */
  logJacobian(u: number): number;
  /** d/du of log |dx/du|. */
  logJacobianDerivative(u: number): number;
  /** d²/du² of log |dx/du|. */
  logJacobianSecondDerivative(u: number): number;
}

/** x > 0: x = exp(u). */
export const positive: Transform = {
  constrain: Math.exp,
  unconstrain: Math.log,
  derivative: Math.exp,
  logJacobian: (u) => u,
  logJacobianDerivative: () => 1,
  logJacobianSecondDerivative: () => 0,
};

/** x > lower: x = lower + exp(u). */
export function lowerBounded(lower: number): Transform {
  if (lower === 0) return positive;
  return {
    ...positive,
    constrain: (u) => lower + Math.exp(u),
    unconstrain: (x) => Math.log(x - lower),
  };
}

/** x < upper: x = upper − exp(−u), which rises with u as the others do. */
export function upperBounded(upper: number): Transform {
  return {
    constrain: (u) => upper - Math.exp(-u),
    unconstrain: (x) => -Math.log(upper - x),
    derivative: (u) => Math.exp(-u),
    logJacobian: (u) => -u,
    logJacobianDerivative: () => -1,
    logJacobianSecondDerivative: () => 0,
  };
}

/** lower < x < upper, both finite: x = lower + (upper - lower) · logistic(u). */
export function bounded(lower: number, upper: number): Transform {
  const width = upper - lower;
  const logistic = (u: number) => 1 / (1 + Math.exp(-u));
  return {
    constrain: (u) => lower + width * logistic(u),
    unconstrain: (x) => Math.log((x - lower) / (upper - x)),
    derivative: (u) => width * logistic(u) * logistic(-u),
    logJacobian: (u) => Math.log(width) - Math.abs(u) - 2 * Math.log1p(Math.exp(-Math.abs(u))),
    logJacobianDerivative: (u) => 1 - 2 * logistic(u),
    logJacobianSecondDerivative: (u) => -2 * logistic(u) * logistic(-u),
  };
}
