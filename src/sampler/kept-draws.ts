/**
 * The draws that a chain keeps after warm-up, with a record of each transition.
 */
import { sumOf } from '../linear-algebra/sums.js';
import type { RandomStream } from '../random/stream.js';
import { copyVector, type EvaluatedPoint, newEvaluatedPoint } from './hamiltonian.js';
import { DIVERGED, inBatch, type Kernel, type Transition, terminationReasons } from './kernel.js';
import type { LinearReport, Model, TransitionBatch } from './model.js';
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
   * the coordinates in which the chain moved (split HMC: whitened ones). Empty if they were not asked for.
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
 * @param keepsGradients they take as much memory as the draws
 */
export function drawKeeper(
  model: Model,
  kernel: Kernel,
  current: EvaluatedPoint,
  count: number,
  random: RandomStream,
  reporting: RandomStream,
  keepsGradients: boolean,
): DrawKeeper {
  const book = new DrawBook(model, count, reporting, keepsGradients);
  return {
    keep(from, to) {
      for (let draw = from; draw < to; ) {
        const batch = kernel.transitions?.(current, random, to - draw) ?? null;
        if (batch) {
          book.addBatch(draw, batch);
          draw += batch.made;
        } else {
          book.add(draw++, kernel.transition(current, random), current);
        }
      }
    },
    // After the last draw: the stream of reports is not needed any more.
    kept: () => book.kept(responsesOf(model, current.position, reporting)),
  };
}

/** The kept draws of a chain while they are made. */
class DrawBook {
  private readonly draws: Float64Array;
  private readonly gradients: Float64Array;
  private readonly energy: Float64Array;
  private readonly transitions: ReturnType<typeof transitionRecords>;
  private readonly reasons: Uint8Array;
  private readonly divergencePositions: number[] = [];
  private readonly row: Float64Array;
  private readonly point: EvaluatedPoint;
  private divergences = 0;
  private maxDepthHits = 0;

  constructor(
    private readonly model: Model,
    private readonly count: number,
    private readonly reporting: RandomStream,
    private readonly keepsGradients: boolean,
  ) {
    const parameters = model.parameterNames.length;
    this.draws = new Float64Array(count * parameters);
    this.gradients = new Float64Array(keepsGradients ? count * model.dimension : 0);
    this.energy = new Float64Array(count);
    this.transitions = transitionRecords(count);
    this.reasons = new Uint8Array(count);
    this.row = new Float64Array(parameters);
    this.point = newEvaluatedPoint(model.dimension);
  }

  add(draw: number, transition: Transition, current: EvaluatedPoint): void {
    this.report(draw, current);
    this.energy[draw] = transition.energy;
    record(this.transitions, draw, transition, current.logDensity);
    const { termination } = transition;
    this.reasons[draw] = terminationReasons.indexOf(termination.reason);
    if (termination.reason === 'divergence') this.addDivergence(termination.position);
    this.maxDepthHits += transition.reachedMaxDepth ? 1 : 0;
  }

  addBatch(from: number, batch: TransitionBatch): void {
    const { numbers, made, width, end } = batch;
    const { transitions, energy } = this;
    const { linearReport } = this.model;
    this.reasons.fill(BY_LENGTH, from, from + made);
    for (let draw = from, at = batch.start; draw < from + made; draw++, at += width) {
      if (linearReport) this.reportLinear(draw, batch, at, linearReport);
      else this.report(draw, readPoint(batch, at, this.point));
      energy[draw] = numbers[at + inBatch.energy];
      transitions.logDensity[draw] = numbers[at + inBatch.logDensity];
      transitions.acceptance[draw] = numbers[at + inBatch.acceptance];
      transitions.leapfrogSteps[draw] = numbers[at + inBatch.gradientEvaluations];
      if (numbers[at + inBatch.code] !== DIVERGED) continue;
      transitions.divergent[draw] = 1;
      this.reasons[draw] = BY_DIVERGENCE;
      this.addDivergence(end);
    }
  }

  kept(responses: KeptDraws['responses']): KeptDraws {
    const { draws, gradients, energy, transitions, reasons, divergences, maxDepthHits } = this;
    const divergencePositions = Float64Array.from(this.divergencePositions);
    return {
      draws,
      gradients,
      responses,
      energy,
      transitions,
      terminations: { reasons, divergencePositions },
      acceptance: sumOf(transitions.acceptance) / this.count,
      divergences,
      maxDepthHits,
      leapfrogSteps: sumOf(transitions.leapfrogSteps),
    };
  }

  private addDivergence(position: Float64Array): void {
    this.divergences++;
    for (const value of position) this.divergencePositions.push(value);
  }

  /** The same as `report` without copies of the point. */
  private reportLinear(
    draw: number,
    { numbers, gradientAt }: TransitionBatch,
    start: number,
    { origin, matrix }: LinearReport,
  ): void {
    const { draws, gradients } = this;
    const { dimension } = this.model;
    const x = start + inBatch.position;
    const gradient = start + gradientAt;
    let to = draw * origin.length;
    let at = 0;
    for (let p = 0; p < origin.length; p++) {
      let sum = origin[p];
      for (let k = x; k < x + dimension; k++) sum += matrix[at++] * numbers[k];
      draws[to++] = sum;
    }
    if (!this.keepsGradients) return;
    to = draw * dimension;
    for (let k = gradient; k < gradient + dimension; k++) gradients[to++] = numbers[k];
  }

  private report(draw: number, { position, gradient }: EvaluatedPoint): void {
    const { model, row, draws, gradients } = this;
    if (model.constrain) model.constrain(position, row, this.reporting);
    else copyVector(position, row);
    let at = draw * row.length;
    for (let i = 0; i < row.length; i++) draws[at++] = row[i];
    if (!this.keepsGradients) return;
    at = draw * gradient.length;
    for (let i = 0; i < gradient.length; i++) gradients[at++] = gradient[i];
  }
}

const BY_LENGTH = terminationReasons.indexOf('length');
const BY_DIVERGENCE = terminationReasons.indexOf('divergence');

/** Reads the position and gradient of a transition. */
function readPoint(
  { numbers, gradientAt }: TransitionBatch,
  at: number,
  point: EvaluatedPoint,
): EvaluatedPoint {
  const { position, gradient } = point;
  for (let i = 0; i < position.length; i++) position[i] = numbers[at + inBatch.position + i];
  for (let i = 0; i < gradient.length; i++) gradient[i] = numbers[at + gradientAt + i];
  return point;
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
