/**
 * The draws that a chain keeps after warm-up, with a record of each transition.
 */
import type { RandomStream } from '../random/stream.js';
import { copyVector, type EvaluatedPoint } from './hamiltonian.js';
import { type Kernel, type Transition, terminationReasons } from './kernel.js';
import type { Model } from './model.js';
import { type Response, responsesOf } from './responses.js';

/** One entry per kept draw. */
interface TransitionRecords {
  /** Log density there, up to the model's constant. */
  readonly logDensity: Float64Array;
  /** Mean Metropolis acceptance along the trajectory. */
  readonly acceptance: Float64Array;
  readonly leapfrogSteps: Uint32Array;
  /** Completed doublings of NUTS' tree; 0 for other algorithms. */
  readonly treeDepth: Uint8Array;
  /** 1 if the trajectory diverged, else 0. */
  readonly divergent: Uint8Array;
}

/** Why each trajectory ended. */
interface Terminations {
  /** One entry per kept draw: the index of its reason in `terminationReasons`. */
  readonly reasons: Uint8Array;
  /**
   * Row-major (divergence, unconstrained parameter), in the order of the draws: positions at which the
   * energy error exceeded the threshold, in the coordinates of `gradients`. Entries need not be finite.
   */
  readonly divergencePositions: Float64Array;
}

export interface KeptDraws {
  /** Row-major (draw, parameter), reported parameters. */
  readonly draws: Float64Array;
  /**
   * Row-major (draw, unconstrained parameter): gradient of the log density at each kept draw, in
   * the coordinates in which the chain moved (split HMC: whitened ones).
   */
  readonly gradients: Float64Array;
  /** In the same coordinates: how each reported parameter follows the position. */
  readonly responses: readonly (Response | null)[];
  /** Hamiltonian at each kept draw. */
  readonly energy: Float64Array;
  readonly transitions: TransitionRecords;
  /** Not stored in files: undefined for a saved fit. */
  readonly terminations?: Terminations;
  /** Mean acceptance after warm-up. */
  readonly acceptance: number;
  readonly divergences: number;
  readonly maxDepthHits: number;
  /** Gradient evaluations after warm-up. */
  readonly leapfrogSteps: number;
}

export interface DrawKeeper {
  /** Makes draws `from` to `to` − 1. */
  keep(from: number, to: number): void;
  kept(): KeptDraws;
}

/**
 * @param current position of the chain; transitions move it in place
 * @param random moves the chain
 * @param reporting for `Model.constrain`; separate from `random`, so that reporting does not
 *   affect the chain
 */
export function drawKeeper(
  model: Model,
  kernel: Kernel,
  current: EvaluatedPoint,
  count: number,
  random: RandomStream,
  reporting: RandomStream,
): DrawKeeper {
  const parameters = model.parameterNames.length;
  const draws = new Float64Array(count * parameters);
  const gradients = new Float64Array(count * model.dimension);
  const energy = new Float64Array(count);
  const transitions = transitionRecords(count);
  const reasons = new Uint8Array(count);
  const divergencePositions: number[] = [];
  const row = new Float64Array(parameters);
  let acceptance = 0;
  let divergences = 0;
  let maxDepthHits = 0;
  let leapfrogSteps = 0;

  const keep = (from: number, to: number): void => {
    for (let draw = from; draw < to; draw++) {
      const transition = kernel.transition(current, random);
      if (model.constrain) model.constrain(current.position, row, reporting);
      else copyVector(current.position, row);
      for (let i = 0; i < parameters; i++) draws[draw * parameters + i] = row[i];
      const gradient = current.gradient;
      for (let i = 0; i < model.dimension; i++) gradients[draw * model.dimension + i] = gradient[i];
      energy[draw] = transition.energy;
      record(transitions, draw, transition, current.logDensity);
      acceptance += transition.acceptance / count;
      const { termination } = transition;
      reasons[draw] = terminationReasons.indexOf(termination.reason);
      if (termination.reason === 'divergence') {
        divergences++;
        for (const value of termination.position) divergencePositions.push(value);
      }
      maxDepthHits += transition.reachedMaxDepth ? 1 : 0;
      leapfrogSteps += transition.leapfrogSteps;
    }
  };
  const kept = () => ({
    draws,
    gradients,
    // After the last draw: the stream of reports is not needed any more.
    responses: responsesOf(model, current.position, reporting),
    energy,
    transitions,
    terminations: { reasons, divergencePositions: Float64Array.from(divergencePositions) },
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
  { acceptance, leapfrogSteps, treeDepth, termination }: Transition,
  logDensity: number,
): void {
  records.logDensity[draw] = logDensity;
  records.acceptance[draw] = acceptance;
  records.leapfrogSteps[draw] = leapfrogSteps;
  records.treeDepth[draw] = treeDepth;
  records.divergent[draw] = termination.reason === 'divergence' ? 1 : 0;
}
