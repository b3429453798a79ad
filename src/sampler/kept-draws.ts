/**
 * The draws that a chain keeps once it is warm, with what each transition told.
 */
import type { RandomStream } from '../random/stream.js';
import { copyVector, type EvaluatedPoint } from './hamiltonian.js';
import type { Kernel, Transition } from './kernel.js';
import type { Metric } from './metric.js';
import type { Model } from './model.js';

/** One entry a kept draw. */
export interface TransitionRecords {
  /** Log density there, up to the model's constant. */
  readonly logDensity: Float64Array;
  /** Mean Metropolis acceptance along the trajectory. */
  readonly acceptance: Float64Array;
  readonly leapfrogSteps: Uint32Array;
  /** Completed doublings of NUTS' tree; 0 where there is none. */
  readonly treeDepth: Uint8Array;
  /** 1 where the trajectory diverged. */
  readonly divergent: Uint8Array;
}

export interface KeptDraws {
  /** Row-major (draw, parameter), reported parameters. */
  readonly draws: Float64Array;
  /**
   * Row-major (draw, unconstrained parameter): gradient of the log density at each kept draw, in
   * the coordinates in which the chain moved (split HMC: whitened ones).
   */
  readonly gradients: Float64Array;
  /** Hamiltonian at each kept draw. */
  readonly energy: Float64Array;
  /** What else each kept draw's transition told. */
  readonly transitions: TransitionRecords;
  /** Mean acceptance after warm-up. */
  readonly acceptance: number;
  readonly divergences: number;
  readonly maxDepthHits: number;
  /** Gradient evaluations after warm-up. */
  readonly leapfrogSteps: number;
}

/** What a warm-up finds. */
export interface Tuned {
  stepSize: number;
  metric: Metric;
}

export interface DrawKeeper {
  /** Makes and keeps the draws number `from` to `to` − 1. */
  keep(from: number, to: number): void;
  kept(): KeptDraws;
}

/** Samples with everything fixed. */
export function drawKeeper(
  model: Model,
  kernel: Kernel,
  current: EvaluatedPoint,
  { stepSize, metric }: Tuned,
  count: number,
  random: RandomStream,
  reporting: RandomStream,
): DrawKeeper {
  const parameters = model.parameterNames.length;
  const draws = new Float64Array(count * parameters);
  const gradients = new Float64Array(count * model.dimension);
  const energy = new Float64Array(count);
  const transitions = transitionRecords(count);
  const row = new Float64Array(parameters);
  let acceptance = 0;
  let divergences = 0;
  let maxDepthHits = 0;
  let leapfrogSteps = 0;

  const keep = (from: number, to: number): void => {
    for (let draw = from; draw < to; draw++) {
      const outcome = kernel.transition(current, stepSize, metric, random);
      if (model.constrain) model.constrain(current.position, row, reporting);
      else copyVector(current.position, row);
      for (let i = 0; i < parameters; i++) draws[draw * parameters + i] = row[i];
      const gradient = current.gradient;
      for (let i = 0; i < model.dimension; i++) gradients[draw * model.dimension + i] = gradient[i];
      energy[draw] = outcome.energy;
      record(transitions, draw, outcome, current.logDensity);
      acceptance += outcome.acceptance / count;
      divergences += outcome.divergent ? 1 : 0;
      maxDepthHits += outcome.reachedMaxDepth ? 1 : 0;
      leapfrogSteps += outcome.leapfrogSteps;
    }
  };
  const kept = () => ({
    draws,
    gradients,
    energy,
    transitions,
    acceptance,
    divergences,
    maxDepthHits,
    leapfrogSteps,
  });
  return { keep, kept };
}

function transitionRecords(draws: number): TransitionRecords {
  return {
    logDensity: new Float64Array(draws),
    acceptance: new Float64Array(draws),
    leapfrogSteps: new Uint32Array(draws),
    treeDepth: new Uint8Array(draws),
    divergent: new Uint8Array(draws),
  };
}

function record(
  records: TransitionRecords,
  draw: number,
  outcome: Transition,
  logDensity: number,
): void {
  records.logDensity[draw] = logDensity;
  records.acceptance[draw] = outcome.acceptance;
  records.leapfrogSteps[draw] = outcome.leapfrogSteps;
  records.treeDepth[draw] = outcome.treeDepth;
  records.divergent[draw] = outcome.divergent ? 1 : 0;
}
