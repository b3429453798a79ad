/** Causal weights by removal of attributes, and the bridge to learned and reported weights. */
import { describe, expect, it } from 'vitest';
import {
  type AblatedChoice,
  causalWeights,
  weightBridge,
} from '../../src/analysis/causal-weights.js';
import { randomStream } from '../../src/random/stream.js';
import {
  type Choice,
  type Context,
  normalizedDifferences,
  utilityDifference,
} from '../../src/study/context.js';

const contextNamed = (name: string): Context => ({
  name,
  question: 'Which?',
  attributes: ['price', 'size', 'age'].map((attribute, i) => ({
    ...{ name: attribute, min: 0, max: 10 * (i + 1) },
  })),
});

const weightsOf = new Map(
  Array.from({ length: 8 }, (_, i) => {
    const { normal } = randomStream(i, 'weights');
    return [`context ${i}`, [3 * normal(), 3 * normal(), 3 * normal()]] as const;
  }),
);
const contexts = new Map([...weightsOf.keys()].map((name) => [name, contextNamed(name)]));

/** Choices by the weights; with probabilities, of a model that answers what is likelier. */
function choicesOf(graded: boolean, each: number) {
  const choices: Choice[] = [];
  const ablated: AblatedChoice[] = [];
  for (const [name, context] of contexts) {
    const { uniform } = randomStream(name, 'choices');
    const chosen = (a: number[], b: number[]): Choice => {
      const utility = utilityDifference(
        weightsOf.get(name) ?? [],
        normalizedDifferences(context, { a, b }),
      );
      const probabilityA = 1 / (1 + Math.exp(-utility));
      return { context: name, a, b, choseA: utility > 0, ...(graded && { probabilityA }) };
    };
    for (let i = 0; i < each; i++) {
      const [a, b] = [0, 1].map(() => context.attributes.map(({ max }) => uniform() * max));
      const choice = chosen(a ?? [], b ?? []);
      choices.push(choice);
      context.attributes.forEach((_, attribute) => {
        const equal = (b ?? []).map((value, j) => (j === attribute ? (a?.[j] ?? 0) : value));
        ablated.push({ attribute, choice, without: chosen(a ?? [], equal) });
      });
    }
  }
  return { choices, ablated };
}

describe('causal weights', () => {
  it('are the true weights of a model that adds up utilities, by log-odds', () => {
    const { scale, weights } = causalWeights(choicesOf(true, 4).ablated, contexts);
    expect(scale).toBe('log-odds');
    for (const [name, truth] of weightsOf) {
      truth.forEach((weight, i) => {
        expect(weights.get(name)?.[i]).toBeCloseTo(weight, 6);
      });
    }
  });

  it('have the sign of the true weights, by choices', () => {
    const { scale, weights, flipped } = causalWeights(choicesOf(false, 60).ablated, contexts);
    expect(scale).toBe('choices');
    const wrong = [...weightsOf].flatMap(([name, truth]) =>
      truth.filter((weight, i) => {
        const share = flipped.get(name)?.[i] ?? 0;
        expect(share).toBeGreaterThanOrEqual(Math.abs(weights.get(name)?.[i] ?? 0));
        return Math.abs(weight) > 1 && Math.sign(weight) !== Math.sign(weights.get(name)?.[i] ?? 0);
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('agree with learned weights and with honest reports, not with random ones', async () => {
    const { choices, ablated } = choicesOf(true, 30);
    const sampling = { chains: 2, draws: 300, warmup: 300 };
    const reports = (of: (weight: number, i: number) => number) =>
      [...weightsOf].map(([context, weights]) => ({ context, weights: weights.map(of) }));
    const honest = await weightBridge(
      'model',
      { contexts, choices, ablated, reports: reports((weight) => 10 * weight) },
      sampling,
    );
    const { causalVsLearned, causalVsReported } = honest.correlations;
    expect(causalVsLearned?.hdi[0]).toBeGreaterThan(0.7);
    expect(causalVsReported?.hdi[0]).toBeGreaterThan(0.3);
    const { normal } = randomStream(1, 'reports');
    const random = await weightBridge(
      'model',
      { contexts, choices, ablated, reports: reports(() => normal()) },
      sampling,
    );
    const [low, high] = random.correlations.causalVsReported?.hdi ?? [1, -1];
    expect(low < 0 && high > 0).toBe(true);
    const same = await weightBridge(
      'model',
      { contexts, choices, ablated, reports: reports(() => 50) },
      sampling,
    );
    expect(same.correlations.causalVsReported).toBeNull();
  });
});
