/**
 * Errors of figures that come from learned weights whose rounding is uncertain: the paper rounds weights
 * to integers, and a posterior mean that is known to an error may lie on either side of a boundary.
 *
 * The uncertain weights are rounded anew, each the other way with the probability that its error gives,
 * and every figure is computed again. The root mean square change of a figure is its error. Without
 * uncertain weights, errors are the numerical errors of the posteriors alone.
 */
import { quickStream } from '../random/quick-stream.js';
import type { RandomStream } from '../random/stream.js';
import type { Correlation, CorrelationSet } from './correlations.js';
import type { LearnedWeights, ModelWeights } from './learned-weights.js';
import type { WeightFigures } from './reproduce.js';
import type { TrainingEffect } from './training-effect.js';

/** Number of times that all uncertain weights are rounded anew. */
const ROUNDINGS = 30;

export function withRoundingErrors(
  figures: WeightFigures,
  models: readonly ModelWeights[],
  compute: (models: readonly ModelWeights[]) => WeightFigures,
): WeightFigures {
  const uncertain = models.some(({ weights }) =>
    [...weights.instilled, ...weights.native].some((one) => one.uncertain.length > 0),
  );
  if (!uncertain) return figures;
  // The same roundings for every seed of the analysis.
  const random = quickStream('roundings');
  const others = Array.from({ length: ROUNDINGS }, () =>
    compute(models.map((model) => roundedAnew(model, random))),
  );
  const set = (of: (one: WeightFigures) => CorrelationSet): CorrelationSet => ({
    correlations: eachCorrelation(of(figures).correlations, others, (one) => of(one).correlations),
    effects: {
      instilled: effectErrors(of(figures), others.map(of), 'instilled'),
      native: effectErrors(of(figures), others.map(of), 'native'),
    },
  });
  const change = (which: keyof WeightFigures['largestChangeInR']) =>
    spread(
      figures.largestChangeInR[which],
      others.map((one) => one.largestChangeInR[which]),
    );
  return {
    ...figures,
    ...set((one) => one),
    withoutLargest: set((one) => one.withoutLargest),
    reportsVsTarget: eachCorrelation(figures.reportsVsTarget, others, (one) => one.reportsVsTarget),
    largestChangeMcse: {
      plus_and_minus_100: change('plus_and_minus_100'),
      plus_100: change('plus_100'),
    },
  };
}

function roundedAnew(model: ModelWeights, random: RandomStream): ModelWeights {
  const anew = (weights: readonly LearnedWeights[]) =>
    weights.map((one) => {
      if (one.uncertain.length === 0) return one;
      const scaled = [...one.scaled];
      for (const { index, other, chance } of one.uncertain) {
        if (random.uniform() < chance) scaled[index] = other;
      }
      return { ...one, scaled };
    });
  const { instilled, native } = model.weights;
  return { ...model, weights: { instilled: anew(instilled), native: anew(native) } };
}

function eachCorrelation(
  correlations: ReadonlyMap<string, Correlation>,
  others: readonly WeightFigures[],
  mapOf: (one: WeightFigures) => ReadonlyMap<string, Correlation>,
): Map<string, Correlation> {
  return new Map(
    [...correlations].map(([key, one]) => {
      const again = others.flatMap((other) => mapOf(other).get(key) ?? []);
      const error = (of: (correlation: Correlation) => number) => spread(of(one), again.map(of));
      return [
        key,
        {
          ...one,
          estimateMcse: Math.hypot(
            one.estimateMcse,
            error(({ estimate }) => estimate),
          ),
          hdiMcse: [
            Math.hypot(
              one.hdiMcse[0],
              error(({ hdi }) => hdi[0]),
            ),
            Math.hypot(
              one.hdiMcse[1],
              error(({ hdi }) => hdi[1]),
            ),
          ],
        },
      ];
    }),
  );
}

function effectErrors(
  set: CorrelationSet,
  others: readonly CorrelationSet[],
  setting: keyof CorrelationSet['effects'],
): TrainingEffect {
  const one = set.effects[setting];
  const again = others.map(({ effects }) => effects[setting]);
  const error = (of: (effect: TrainingEffect) => number) => spread(of(one), again.map(of));
  return {
    ...one,
    medianMcse: Math.hypot(
      one.medianMcse,
      error(({ median }) => median),
    ),
    hpdMcse: [
      Math.hypot(
        one.hpdMcse[0],
        error(({ hpd }) => hpd[0]),
      ),
      Math.hypot(
        one.hpdMcse[1],
        error(({ hpd }) => hpd[1]),
      ),
    ],
  };
}

/** Root mean square distance from a value. */
function spread(value: number, others: readonly number[]): number {
  const squares = others.reduce((sum, other) => sum + (other - value) ** 2, 0);
  return Math.sqrt(squares / others.length);
}
