/** The analysis `causal_weights` of the table of answers. */
import { describe, expect, it } from 'vitest';
import { causalSections } from '../../../src/packs/ablation/causal-sections.js';
import { randomStream } from '../../../src/random/stream.js';

const attributes = ['price', 'size'];
const contexts = Array.from({ length: 6 }, (_, i) => {
  const { normal } = randomStream(i, 'weights');
  return { name: `context ${i}`, weights: [3 * normal(), 3 * normal()] };
});

type Row = Readonly<Record<string, string | number | boolean | null>>;

/** A model that adds up utilities and reports ten times its weights; one choice in 20 is invalid. */
function answers(): Row[] {
  const { uniform } = randomStream(1, 'pairs');
  return contexts.flatMap(({ name, weights }) => {
    const common = { context: name, model: 'one', attribute_1: 'price', attribute_2: 'size' };
    const choices = Array.from({ length: 20 }, (_, i): Row[] => {
      const d = attributes.map(() => 2 * uniform() - 1);
      const row = (stage: string, removed: number): Row => {
        const utility = d.reduce(
          (sum, one, j) => sum + (j === removed ? 0 : one * (weights[j] ?? 0)),
          0,
        );
        const logprob = (sign: number) => -Math.log(1 + Math.exp(-sign * utility));
        return {
          ...{ ...common, stage, item: `${name}/${i}`, d_1: d[0] ?? 0, d_2: d[1] ?? 0 },
          ...{ value: utility > 0 ? 'A' : 'B', valid: i > 0 },
          ...{ logprob_A: logprob(1), logprob_B: logprob(-1) },
        };
      };
      return [row('chosen', -1), row('no-price', 0), row('no-size', 1)];
    }).flat();
    const [price = 0, size = 0] = weights.map((weight) => 10 * weight);
    return [
      ...choices,
      {
        ...common,
        stage: 'reported',
        item: name,
        valid: true,
        value_1: price,
        value_2: size,
      },
    ];
  });
}

function columnsOf(rows: readonly Row[]) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return new Map(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
}

const settings = {
  analysis: 'causal_weights',
  chosen: 'chosen',
  equal: ['no-price', 'no-size'],
  reported: 'reported',
};
const sampling = { chains: 2, warmup: 200, draws: 200 };
const analyse = (given: object) => causalSections(columnsOf(answers()), given, sampling);

describe('the analysis of causal weights', () => {
  it('finds the true weights, and that they are those that are reported', async () => {
    const [section, ...others] = await analyse(settings);
    expect(others).toEqual([]);
    expect(section?.notes[0]).toBe(
      '114 choices, 228 with both options equal on an attribute, 6 valid reports.',
    );
    const rows = section?.tables[0]?.rows ?? [];
    expect(rows).toHaveLength(12);
    for (const [context, attribute, causal, flipped, , reported] of rows) {
      const weights = contexts.find(({ name }) => name === context)?.weights ?? [];
      const truth = weights[attributes.indexOf(String(attribute))];
      expect(causal).toBeCloseTo(truth ?? Number.NaN, 6);
      expect(reported).toBeCloseTo(10 * (truth ?? Number.NaN), 6);
      expect(flipped).toBeGreaterThanOrEqual(0);
    }
    const causalAndReported = section?.intervals.find(({ label }) => /and reported/.test(label));
    expect(causalAndReported?.lower).toBeGreaterThan(0.3);
  });

  it.each([
    [{ ...settings, equal: ['no-price'] }, /1 stages under equal: expected one for each attribute/],
    [{ ...settings, chosen: 'unknown' }, /the stage 'unknown', which has no answers/],
    [{ ...settings, equal: [] }, /equal/],
  ])('refuses settings that do not fit: %j', async (wrong, message) => {
    await expect(analyse(wrong)).rejects.toThrow(message);
  });
});
