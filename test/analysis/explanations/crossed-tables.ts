/** Simulated tables of a crossed design: every model explains every target, with several seeds. */
import { randomStream } from '../../../src/random/stream.js';
import type { Cells } from './item-tables.js';
import { logistic } from './simulated-table.js';

interface CrossedDesign {
  /** Numbers of targets and of models. The model of a target's number is the target itself. */
  readonly targets: number;
  readonly models: number;
  readonly seeds: number;
  readonly clusters: number;
  readonly itemsOfCluster: number;
  /** What self has more than siblings, in logits. */
  readonly selfMinusSibling: number;
  /** Standard deviations, in logits. */
  readonly sd: Readonly<
    Record<'target' | 'model' | 'pair' | 'training' | 'cluster' | 'item', number>
  >;
}

export const crossedDesign: CrossedDesign = {
  ...{ targets: 3, models: 3, seeds: 3, clusters: 25, itemsOfCluster: 8, selfMinusSibling: 0.5 },
  sd: { target: 0.3, model: 0.2, pair: 0.3, training: 0.2, cluster: 0.8, item: 0.5 },
};

/** A row for each item, model and seed. Items, and effects of clusters, are each target's own. */
export function crossedTable(seed: number, design: Partial<CrossedDesign> = {}): Cells[] {
  const plan = { ...crossedDesign, ...design };
  const { sd } = plan;
  const { normal, uniform } = randomStream(seed, 'crossed tables');
  const drawn = (count: number, scale: number) =>
    Array.from({ length: count }, () => scale * normal());
  const ofModels = drawn(plan.models, sd.model);
  return drawn(plan.targets, sd.target).flatMap((ofTarget, target) => {
    const eases = drawn(plan.clusters, sd.cluster).flatMap((ofCluster, c) =>
      drawn(plan.itemsOfCluster, sd.item).map((ofItem, i) => ({
        ...{ item: `${target}.${c}.${i}`, cluster: `fact ${c}`, ease: ofCluster + ofItem },
      })),
    );
    return ofModels.flatMap((ofModel, model) => {
      const [ofPair = 0] = drawn(1, sd.pair);
      const self = model === target ? plan.selfMinusSibling : 0;
      return drawn(plan.seeds, sd.training).flatMap((ofTraining, training) =>
        eases.map(({ ease, ...names }) => ({
          ...{ ...names, target: `m${target}`, model: `m${model}`, seed: training, n: 1000 },
          ...{ task: 'patching', explainer: self === 0 && model !== target ? 'sibling' : 'self' },
          score: Number(
            uniform() < logistic(self + ofTarget + ofModel + ofPair + ofTraining + ease),
          ),
        })),
      );
    });
  });
}
