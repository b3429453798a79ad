/**
 * Fits without sampling: a formula and data as `regression` takes them, with draws that are given
 * or made up.
 */
import type { Family } from '../../models/families/family.js';
import { reportedNames } from '../../models/reported-parameters.js';
import { assembleFit } from '../../src/fit/fit.js';
import type { DataInput } from '../../src/formula/table.js';
import { randomStream } from '../../src/random/stream.js';
import type { FittedRegression } from '../../src/regression/fitted-regression.js';
import { type Preparation, prepare } from '../../src/regression/prepare.js';
import { completeSettings } from '../../src/sampler/settings.js';

export interface SmallFit extends Omit<Preparation, 'data' | 'family'> {
  readonly data: DataInput;
  readonly family: Family;
  /** A draw a row, parameters in the order of the report, chain after chain. */
  readonly draws: readonly (readonly number[])[];
  /** How many chains the draws are of; default 1. */
  readonly chains?: number;
  /** Transitions of a warm-up that never was; default 300. */
  readonly warmup?: number;
  readonly seed?: number;
}

export function smallFit({
  draws,
  chains = 1,
  warmup = 300,
  seed = 2025,
  ...asked
}: SmallFit): FittedRegression {
  const prepared = prepare(asked);
  const { frame, family, specification, givenPriors, priors } = prepared;
  const drawsPerChain = draws.length / chains;
  const told = Array.from({ length: chains }, (_, chain) => ({
    draws: Float64Array.from(
      draws.slice(chain * drawsPerChain, (chain + 1) * drawsPerChain).flat(),
    ),
    gradients: new Float64Array(0),
    responses: [],
    // An energy that moves: its E-BFMI is that of independent draws.
    energy: Float64Array.from({ length: drawsPerChain }, (_, i) => (i * 7919) % 13),
    transitions: {
      logDensity: new Float64Array(drawsPerChain),
      acceptance: new Float64Array(drawsPerChain).fill(0.8),
      leapfrogSteps: new Uint32Array(drawsPerChain).fill(7),
      treeDepth: new Uint8Array(drawsPerChain).fill(3),
      divergent: new Uint8Array(drawsPerChain),
    },
    divergences: 0,
    maxDepthHits: 0,
    leapfrogSteps: 7 * drawsPerChain,
    acceptance: 0.8,
    algorithm: 'nuts' as const,
    warmup,
    stepSize: 0.5,
    inverseMetric: new Float64Array(0),
    warmupLeapfrogSteps: 7 * warmup,
  }));
  return {
    formula: frame.design.formula.text,
    family,
    givenPriors,
    priors,
    frame,
    reading: {},
    specification,
    settings: completeSettings({ chains, warmup, draws: drawsPerChain, seed }),
    ...assembleFit(told, { parameterNames: reportedNames(specification) }, null),
    notes: frame.notes,
  };
}

/** Independent normal draws about `centre` with deviations of `spread`: one number a parameter. */
export function normalDraws(
  centre: readonly number[],
  spread: number,
  count: number,
  seed = 1,
): number[][] {
  const random = randomStream(seed, 'small fit');
  return Array.from({ length: count }, () =>
    centre.map((value) => value + spread * random.normal()),
  );
}
