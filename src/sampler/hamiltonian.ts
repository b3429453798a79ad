/**
 * Points of phase space and the leapfrog step between them: q' = M⁻¹ p, p' = ∇ log π(q), with
 * energy H(q, p) = -log π(q) + ½ pᵀ M⁻¹ p. The log density and its gradient are
 * kept with the position, so that nothing is computed twice.
 */
import { WeighbridgeError } from '../errors.js';
import { kineticEnergy, type Metric } from './metric.js';
import type { Model } from './model.js';

/** A position with the log density and gradient evaluated there. */
export interface EvaluatedPoint {
  readonly position: Float64Array;
  readonly gradient: Float64Array;
  logDensity: number;
}

/** An evaluated point with a momentum and its velocity M⁻¹ p. */
export interface PhasePoint extends EvaluatedPoint {
  readonly momentum: Float64Array;
  readonly velocity: Float64Array;
}

export function newEvaluatedPoint(dimension: number): EvaluatedPoint {
  return {
    position: new Float64Array(dimension),
    gradient: new Float64Array(dimension),
    logDensity: Number.NEGATIVE_INFINITY,
  };
}

export function newPhasePoint(dimension: number): PhasePoint {
  return {
    ...newEvaluatedPoint(dimension),
    momentum: new Float64Array(dimension),
    velocity: new Float64Array(dimension),
  };
}

/** Copies by element, which is faster than TypedArray.set for arrays of a few numbers. */
export function copyVector(from: Float64Array, to: Float64Array): void {
  for (let i = 0; i < from.length; i++) to[i] = from[i];
}

export function copyEvaluated(from: EvaluatedPoint, to: EvaluatedPoint): void {
  copyVector(from.position, to.position);
  copyVector(from.gradient, to.gradient);
  to.logDensity = from.logDensity;
}

export function copyPhase(from: PhasePoint, to: PhasePoint): void {
  copyEvaluated(from, to);
  copyVector(from.momentum, to.momentum);
  copyVector(from.velocity, to.velocity);
}

/** H(q, p). NaN, from a log density outside its domain, counts as infinitely high. */
export function energy(point: PhasePoint): number {
  const value = kineticEnergy(point.momentum, point.velocity) - point.logDensity;
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}

/** Gives the point a fresh momentum. */
export function refreshMomentum(
  metric: Metric,
  point: PhasePoint,
  random: Parameters<Metric['drawMomentum']>[0],
): void {
  metric.drawMomentum(random, point.momentum);
  metric.velocity(point.momentum, point.velocity);
}

/**
 * One leapfrog step in place (Neal 2011, eq. 5.18 to 5.20). A negative step size goes back in
 * time: the step is its own inverse under a change of sign.
 */
export function leapfrog(model: Model, metric: Metric, point: PhasePoint, stepSize: number): void {
  const { position, momentum, gradient, velocity } = point;
  const half = 0.5 * stepSize;
  for (let i = 0; i < momentum.length; i++) momentum[i] += half * gradient[i];
  metric.velocity(momentum, velocity);
  for (let i = 0; i < position.length; i++) position[i] += stepSize * velocity[i];
  point.logDensity = model.logDensity(position, gradient);
  for (let i = 0; i < momentum.length; i++) momentum[i] += half * gradient[i];
  metric.velocity(momentum, velocity);
}

/** Evaluates the model at the point's position; true if log density and gradient are finite. */
export function evaluate(model: Model, point: EvaluatedPoint): boolean {
  point.logDensity = model.logDensity(point.position, point.gradient);
  return Number.isFinite(point.logDensity) && point.gradient.every(Number.isFinite);
}

/**
 * A start drawn from uniform(-range, range) for each unconstrained parameter, as in Stan; up to
 * 100 tries until the log density and its gradient are finite.
 *
 * @throws WeighbridgeError `no-initial-point`
 */
export function initialPoint(
  model: Model,
  random: { uniform(): number },
  range: number,
): EvaluatedPoint {
  const point = newEvaluatedPoint(model.dimension);
  for (let attempt = 0; attempt < 100; attempt++) {
    for (let i = 0; i < model.dimension; i++) {
      point.position[i] = range * (2 * random.uniform() - 1);
    }
    if (evaluate(model, point)) return point;
  }
  if (startNearGuess(model, random, range, point)) return point;
  throw new WeighbridgeError(
    'no-initial-point',
    `no starting point found: the log density or its gradient was not finite at 100 points drawn from uniform(-${range}, ${range})${model.guess ? " nor near the model's own guess" : ''}; check that the model is defined there, or narrow initialRange`,
  );
}

/**
 * Tries starts ever closer to the model's guess. For densities whose support excludes most random
 * starts, for example a Poisson regression with an identity link.
 */
function startNearGuess(
  model: Model,
  random: { uniform(): number },
  range: number,
  point: EvaluatedPoint,
): boolean {
  const guess = model.guess?.();
  if (!guess) return false;
  for (let attempt = 0; attempt < 50; attempt++) {
    const spread = range * 0.5 ** (attempt / 2 + 2);
    for (let i = 0; i < model.dimension; i++) {
      point.position[i] = guess[i] + spread * (2 * random.uniform() - 1);
    }
    if (evaluate(model, point)) return true;
  }
  return false;
}
