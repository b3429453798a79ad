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
import {
  DIVERGENCE_THRESHOLD,
  ended,
  type KernelMaker,
  type Termination,
  type Tuning,
} from './kernel.js';
import type { Metric } from './metric.js';
import type { Model } from './model.js';
import { type GrowingTrajectory, type Growth, type Span, treeGrower } from './tree.js';

/** Momentum p and velocity p♯ = M⁻¹ p at one end of a span. */
interface End {
  momentum: Float64Array;
  velocity: Float64Array;
}

interface NutsSpan extends Span {
  /** `end` is the one that grows. */
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

/** Writes the span that consists of `point` alone. */
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
 * True if the stretch of trajectory whose momenta sum to `sum` + `extra` still moves apart at both of
 * its ends, by their velocities.
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

/** No U-turn over the whole span, nor over either half with the nearest state of the other. */
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

/** Swaps buffers instead of copying: `first` and `second` are left with those of `joined`. */
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
  const chosen = takeSecond ? second : first;
  [joined.begin, first.begin] = [first.begin, joined.begin];
  [joined.end, second.end] = [second.end, joined.end];
  [joined.proposal, chosen.proposal] = [chosen.proposal, joined.proposal];
  joined.proposalEnergy = chosen.proposalEnergy;
  return straight;
}

/** The trajectory of one transition through phase space. */
interface PhaseTrajectory extends GrowingTrajectory<NutsSpan> {
  /** Restarts from `current` with a fresh momentum; writes the initial span. */
  start(
    current: EvaluatedPoint,
    tuning: Tuning,
    random: Parameters<Metric['drawMomentum']>[0],
    whole: NutsSpan,
  ): void;
  steps(): number;
  meanAcceptance(): number;
  /** Copies the position after the last step. */
  lastPosition(): Float64Array;
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
    start(current, tuning, random, whole) {
      metric = tuning.metric;
      signedStep = tuning.stepSize;
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
      [front, back] = [back, front];
      [whole.begin, whole.end] = [whole.end, whole.begin];
      signedStep = -signedStep;
    },
    steps: () => stepCount,
    meanAcceptance: () => (stepCount > 0 ? acceptanceSum / stepCount : 0),
    lastPosition: () => front.position.slice(),
  };
}

/** NUTS over `model`, with trees of at most 2^maxDepth states. */
export function nuts(model: Model, maxDepth: number): KernelMaker {
  const trajectory = phaseTrajectory(model);
  const grow = treeGrower(trajectory, maxDepth);
  let whole = trajectory.newSpan();

  return (tuning) => ({
    transition(current, random) {
      trajectory.start(current, tuning, random, whole);
      const { span, depth, end } = grow(whole, random);
      whole = span;
      copyEvaluated(whole.proposal, current);
      return {
        acceptance: trajectory.meanAcceptance(),
        leapfrogSteps: trajectory.steps(),
        termination: terminationOf(end, trajectory),
        treeDepth: depth,
        reachedMaxDepth: depth === maxDepth,
        energy: whole.proposalEnergy,
      };
    },
  });
}

function terminationOf(end: Growth<NutsSpan>['end'], trajectory: PhaseTrajectory): Termination {
  switch (end) {
    case 'u-turn':
      return ended.byUTurn;
    case 'max-depth':
      return ended.byMaxDepth;
    case 'divergence':
      return { reason: end, position: trajectory.lastPosition() };
  }
}
