/**
 * The No-U-Turn sampler: multinomial sampling from a doubling tree of leapfrog steps, which stops
 * by the generalized U-turn criterion p♯ · ρ <= 0 at either end (Betancourt 2013, arXiv 1304.1920;
 * 2017, appendix A.4.2), with the extra checks across the two halves of every subtree that Stan
 * has made since 2.21.
 */
import {
  copyEvaluated,
  copyPhase,
  copyVector,
  type EvaluatedPoint,
  energy,
  leapfrog,
  newEvaluatedPoint,
  newPhasePoint,
  type PhasePoint,
  refreshMomentum,
} from './hamiltonian.js';
import { DIVERGENCE_THRESHOLD, type Kernel, newTransition } from './kernel.js';
import type { Metric } from './metric.js';
import type { Model } from './model.js';
import { type Span, type Trajectory, treeGrower } from './tree.js';

/** Momentum p and velocity p♯ = M⁻¹ p at one end of a span. */
interface End {
  momentum: Float64Array;
  velocity: Float64Array;
}

interface NutsSpan extends Span {
  /** The end where growth began, and the one where it goes on. */
  begin: End;
  end: End;
  /** ρ: the sum of the momenta of all states. */
  momentumSum: Float64Array;
  proposal: EvaluatedPoint;
  proposalEnergy: number;
}

function newEnd(dimension: number): End {
  return { momentum: new Float64Array(dimension), velocity: new Float64Array(dimension) };
}

function newNutsSpan(dimension: number): NutsSpan {
  return {
    logWeight: Number.NEGATIVE_INFINITY,
    begin: newEnd(dimension),
    end: newEnd(dimension),
    momentumSum: new Float64Array(dimension),
    proposal: newEvaluatedPoint(dimension),
    proposalEnergy: 0,
  };
}

/** Writes the single state `point` as a span. */
function writeLeaf(point: PhasePoint, pointEnergy: number, leaf: NutsSpan): void {
  copyVector(point.momentum, leaf.begin.momentum);
  copyVector(point.velocity, leaf.begin.velocity);
  copyVector(point.momentum, leaf.end.momentum);
  copyVector(point.velocity, leaf.end.velocity);
  copyVector(point.momentum, leaf.momentumSum);
  copyEvaluated(point, leaf.proposal);
  leaf.proposalEnergy = pointEnergy;
}

/**
 * True where the stretch with summed momentum `sum` (+ `extra`) still moves apart, seen from the
 * velocities at both of its ends.
 */
function movesApart(
  begin: Float64Array,
  end: Float64Array,
  sum: Float64Array,
  extra: Float64Array,
): boolean {
  let atBegin = 0;
  let atEnd = 0;
  for (let i = 0; i < sum.length; i++) {
    const total = sum[i] + extra[i];
    atBegin += begin[i] * total;
    atEnd += end[i] * total;
  }
  return atBegin > 0 && atEnd > 0;
}

/** The criterion over the whole, and over each half together with the nearest state of the other. */
function isStraight(first: NutsSpan, second: NutsSpan): boolean {
  return (
    movesApart(first.begin.velocity, second.end.velocity, first.momentumSum, second.momentumSum) &&
    movesApart(
      first.begin.velocity,
      second.begin.velocity,
      first.momentumSum,
      second.begin.momentum,
    ) &&
    movesApart(first.end.velocity, second.end.velocity, second.momentumSum, first.end.momentum)
  );
}

/** `joined` trades its buffers for those parts of `first` and `second` that outlive them. */
function joinSpans(
  first: NutsSpan,
  second: NutsSpan,
  joined: NutsSpan,
  takeSecond: boolean,
): boolean {
  const straight = isStraight(first, second);
  for (let i = 0; i < joined.momentumSum.length; i++) {
    joined.momentumSum[i] = first.momentumSum[i] + second.momentumSum[i];
  }
  const spareBegin = joined.begin;
  joined.begin = first.begin;
  first.begin = spareBegin;
  const spareEnd = joined.end;
  joined.end = second.end;
  second.end = spareEnd;
  const chosen = takeSecond ? second : first;
  const spareProposal = joined.proposal;
  joined.proposal = chosen.proposal;
  chosen.proposal = spareProposal;
  joined.proposalEnergy = chosen.proposalEnergy;
  return straight;
}

/** The trajectory of one transition through phase space, with what it counts on the way. */
interface PhaseTrajectory extends Trajectory<NutsSpan> {
  /** Starts anew from `current` with a fresh momentum; writes the initial span. */
  start(
    current: EvaluatedPoint,
    metric: Metric,
    stepSize: number,
    random: Parameters<Metric['drawMomentum']>[0],
    whole: NutsSpan,
  ): void;
  steps(): number;
  meanAcceptance(): number;
}

function phaseTrajectory(model: Model): PhaseTrajectory {
  const dimension = model.dimension;
  // The states at the two ends of the trajectory; it grows at `front`, forward or back in time.
  let front = newPhasePoint(dimension);
  let back = newPhasePoint(dimension);
  let metric: Metric;
  let signedStep = 0;
  let initialEnergy = 0;
  let stepCount = 0;
  let acceptanceSum = 0;

  return {
    newSpan: () => newNutsSpan(dimension),
    start(current, newMetric, stepSize, random, whole) {
      metric = newMetric;
      signedStep = stepSize;
      copyEvaluated(current, front);
      refreshMomentum(metric, front, random);
      copyPhase(front, back);
      initialEnergy = energy(front);
      stepCount = 0;
      acceptanceSum = 0;
      writeLeaf(front, initialEnergy, whole);
      whole.logWeight = 0;
    },
    step(leaf) {
      leapfrog(model, metric, front, signedStep);
      const newEnergy = energy(front);
      const logWeight = initialEnergy - newEnergy;
      stepCount++;
      acceptanceSum += logWeight > 0 ? 1 : Math.exp(logWeight);
      if (-logWeight > DIVERGENCE_THRESHOLD) return false;
      writeLeaf(front, newEnergy, leaf);
      leaf.logWeight = logWeight;
      return true;
    },
    join: joinSpans,
    reverse(whole) {
      const point = front;
      front = back;
      back = point;
      const end = whole.end;
      whole.end = whole.begin;
      whole.begin = end;
      signedStep = -signedStep;
    },
    steps: () => stepCount,
    meanAcceptance: () => (stepCount > 0 ? acceptanceSum / stepCount : 0),
  };
}

/** NUTS over `model`, with trees of at most 2^maxDepth states. */
export function nuts(model: Model, maxDepth: number): Kernel {
  const trajectory = phaseTrajectory(model);
  const grow = treeGrower(trajectory, maxDepth);
  const outcome = newTransition();
  let whole = trajectory.newSpan();

  return {
    transition(current, stepSize, metric, random) {
      trajectory.start(current, metric, stepSize, random, whole);
      const growth = grow(whole, random);
      whole = growth.span;
      copyEvaluated(whole.proposal, current);
      outcome.acceptance = trajectory.meanAcceptance();
      outcome.leapfrogSteps = trajectory.steps();
      outcome.divergent = growth.diverged;
      outcome.treeDepth = growth.depth;
      outcome.reachedMaxDepth = growth.depth === maxDepth;
      outcome.energy = whole.proposalEnergy;
      return outcome;
    },
  };
}
