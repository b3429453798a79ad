/**
 * The two studies that ship: which networks learn which world, and which cells are trained. `small` shows the method in
 * minutes; `full` is the study of docs/explanations.md.
 */
import type { Transformer } from '../../models/transformer/transformer.js';
import { type Cell, cellsOf, type GridPlan } from './grid.js';
import { ExplanationStudy, type StudyOptions } from './study-exercises.js';
import { largerTarget, smallTarget, type TargetSize } from './target.js';
import { createWorld, type WorldOptions } from './world.js';

export const STUDY_SIZES = ['small', 'full'] as const;
type StudySize = (typeof STUDY_SIZES)[number];

/** A network that learns the world before anything is explained. */
export interface PlannedNetwork {
  /** For example `network 1`: unique in a study. */
  readonly name: string;
  readonly size: TargetSize;
  readonly seed: number;
}

export interface StudyPlan {
  /** Its name. */
  readonly size: StudySize;
  readonly world: WorldOptions;
  /** Targets, which explain one another and themselves. */
  readonly networks: readonly PlannedNetwork[];
  /** Wider networks that only explain. */
  readonly larger: readonly PlannedNetwork[];
  readonly options: StudyOptions;
  /** In the order in which they are run: a stopped study has whole seeds. */
  readonly cells: readonly Cell[];
}

interface PlanOptions {
  readonly size: StudySize;
  /** Trainings of each explainer in each arm. */
  readonly seeds: number;
  /** Seed of the world, the networks, the exercises and what is learned from them. */
  readonly seed: number;
}

interface SizePlan {
  readonly networks: number;
  readonly larger: number;
  readonly seeds: number;
  /** Dictionaries of features for each layer. */
  readonly dictionaries: number;
  readonly grids: readonly Omit<GridPlan, 'seeds'>[];
}

const others = [
  'untrained',
  'without vector',
  'rotated',
  'rotated back',
  'fitted map',
  'learned map',
  'nearest neighbour',
  'from scratch',
  'larger',
  'own behaviour',
] as const;

const curve = [250, 500, 1000, 2000, 4000, 8000, 16_000];

/** Data efficiency is of self and sibling, so that other arms learn at few sizes. */
const full: SizePlan = {
  networks: 3,
  larger: 1,
  seeds: 3,
  dictionaries: 6,
  grids: [
    { arms: ['network'], sizes: { ablation: curve, patching: curve } },
    { arms: others, sizes: { ablation: [1000, 16_000], patching: [1000, 16_000] } },
    { arms: ['network', ...others], sizes: { features: [250, 500, 1000] } },
  ],
};

const small: SizePlan = {
  networks: 2,
  larger: 0,
  seeds: 1,
  dictionaries: 2,
  grids: [
    { arms: ['network'], sizes: { ablation: [500, 4000], patching: [500, 4000] } },
    { arms: others, sizes: { ablation: [4000], patching: [4000] } },
    { arms: ['network', ...others], sizes: { features: [250, 500] } },
  ],
};

const plans: Readonly<Record<StudySize, SizePlan>> = { small, full };

/** Trainings of each explainer unless another number is asked for. */
export function defaultSeeds(size: StudySize): number {
  return plans[size].seeds;
}

export function studyPlan({ size, seeds, seed }: PlanOptions): StudyPlan {
  const { grids, dictionaries, ...counts } = plans[size];
  const planned = (count: number, kind: string, shape: TargetSize): PlannedNetwork[] =>
    Array.from({ length: count }, (_, i) => ({
      name: `${kind} ${i + 1}`,
      size: shape,
      seed: seed + i,
    }));
  const networks = planned(counts.networks, 'network', smallTarget);
  const larger = planned(counts.larger, 'larger network', largerTarget);
  const cells = Array.from({ length: seeds }, (_, i) =>
    grids.flatMap((grid) => cellsOf({ networks, larger }, { ...grid, seeds: [i + 1] })),
  ).flat();
  const world = { seed };
  return { size, world, networks, larger, options: { seed, dictionaries }, cells };
}

/** @param networks trained, in the order of the plan: those that are targets, then the larger ones */
export function plannedStudy(
  plan: Omit<StudyPlan, 'cells'>,
  networks: readonly Transformer[],
): ExplanationStudy {
  const targets = plan.networks.length;
  return new ExplanationStudy(
    createWorld(plan.world),
    networks.slice(0, targets),
    networks.slice(targets),
    plan.options,
  );
}
