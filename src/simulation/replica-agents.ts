/**
 * Simulated choosers. How far the weights they use drift from their targets, and how sharply they
 * choose, are set by the paper's figures. Learned weights are the modes of the same regressions
 * whose means the analysis samples: the correlations differ by a few thousandths at most.
 */
import { choicesPredictedPercent } from '../analysis/agreement.js';
import type { PaperFigures } from '../analysis/figures.js';
import { groupByContext, weightJob } from '../analysis/learned-weights.js';
import type { WeightTable } from '../analysis/reported-weights.js';
import { scaleWeights } from '../analysis/standardize.js';
import { modelOf } from '../fit/specification.js';
import type { RandomStream } from '../random/stream.js';
import { posteriorMode } from '../sampler/normal-approximation.js';
import type { Choice, Context } from '../study/context.js';
import { drawTargetWeights } from '../study/trials.js';
import { solveMonotone, solvePair } from './calibrate.js';
import {
  byName,
  CHOICES_PER_CONTEXT,
  correlationBetween,
  figure,
  mapTable,
  type ReplicaContexts,
  type StreamFor,
} from './replica-tables.js';
import { choose, drawTrials, type Trial } from './simulated-model.js';

/** A model after choosing: the weights it used, and the weights its choices reveal. */
export interface Agent {
  readonly used: WeightTable;
  readonly choices: Choice[];
  readonly learned: WeightTable;
}

/** Drifts the used weights from their targets to match r(learned, target) and the agreement. */
export function instilledAgent(
  name: string,
  { instilled, targets }: ReplicaContexts,
  { experiment1 }: PaperFigures,
  stream: StreamFor,
): Agent {
  const trials = drawTrials(instilled, CHOICES_PER_CONTEXT.instilled, stream('instilled trials'));
  const noise = normalTable(instilled, stream('drift'));
  const agentFor = (drift: number, sharpness: number): Agent => {
    const used = mapTable(targets, instilled, (weight, context, i) => {
      return weight / 100 + drift * (noise.get(context)?.[i] ?? 0);
    });
    return chooseAndLearn(trials, used, sharpness);
  };
  const { inner, outer } = solvePair(
    (drift, sharpness) => {
      const { choices, learned } = agentFor(drift, sharpness);
      const groups = groupByContext(choices, byName(instilled));
      return [
        correlationBetween(learned, targets),
        choicesPredictedPercent(groups, (context) => targets.get(context)),
      ];
    },
    [
      figure(experiment1.learned_vs_target_r, name),
      figure(experiment1.choices_agreeing_with_target_pct, name),
    ],
    { inner: [0, 1.5], outer: [1, 30] },
    12,
  );
  return agentFor(inner, outer);
}

/** Native weights are never instilled: drawn like targets, with only the sharpness calibrated. */
export function nativeAgent(
  name: string,
  { native }: ReplicaContexts,
  { experiment3 }: PaperFigures,
  stream: StreamFor,
): Agent {
  const trials = drawTrials(native, CHOICES_PER_CONTEXT.native, stream('native trials'));
  const random = stream('native weights');
  const used = new Map(
    native.map(({ name: context, attributes }) => [
      context,
      drawTargetWeights(attributes.length, random).map((weight) => weight / 100),
    ]),
  );
  const sharpness = solveMonotone(
    (candidate) => {
      const { choices, learned } = chooseAndLearn(trials, used, candidate);
      return choicesPredictedPercent(groupByContext(choices, byName(native)), (context) =>
        learned.get(context),
      );
    },
    figure(experiment3.native_choices_predicted_pct, name),
    1,
    30,
    14,
  );
  return chooseAndLearn(trials, used, sharpness);
}

function chooseAndLearn(trials: readonly Trial[], used: WeightTable, sharpness: number): Agent {
  const choices = choose(trials, (context) => used.get(context) ?? [], sharpness);
  const contexts = byName(trials.map((trial) => trial.context));
  const learned = groupByContext(choices, contexts).map((group): [string, number[]] => {
    const model = modelOf(weightJob(group.context.name, group).specification);
    const [, ...slopes] = posteriorMode(model);
    return [group.context.name, scaleWeights(slopes)];
  });
  return { used, choices, learned: new Map(learned) };
}

function normalTable(contexts: readonly Context[], random: RandomStream): WeightTable {
  return new Map(
    contexts.map(({ name, attributes }) => [name, attributes.map(() => random.normal())]),
  );
}
