/**
 * Faults that a re-analysis found in the code of Li et al. (2025, arXiv 2511.08579), as public forks have it, and that
 * ours must not have: precision and recall swapped, errors as if rows were independent, the best of several
 * answers beside one answer, absolute correlations, and a vector that is said to be added where it replaces.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareItems } from '../../../src/analysis/explanations/compare-items.js';
import { armRates } from '../../../src/analysis/explanations/rates.js';
import { readItems } from '../../../src/analysis/explanations/read-items.js';
import type { Explanation } from '../../../src/analysis/explanations/table.js';
import { Language } from '../../../src/explain/language.js';
import { patchesOf } from '../../../src/explain/patching-truth.js';
import { allStates } from '../../../src/explain/states.js';
import { statementTokens } from '../../../src/explain/texts.js';
import { hdi } from '../../../src/posterior/intervals.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import { checkout } from '../../e2e/support.js';
import { smallQuestions, smallWorld, untrainedTarget } from '../../explain/small-world.js';
import { type Cells, tableOf } from './item-tables.js';

/** An explanation of an item that changes or not, by whether it is said to. */
function verdict(item: number, changed: boolean, says: boolean): Explanation {
  const measured = { item: `item ${item}`, target: 'm', withPart: 'A', effect: null };
  return {
    ...{ target: 'm', explainer: 'self', shots: 0, trainedOn: 0, bank: null },
    measured: { ...measured, without: changed ? 'B' : 'A' },
    prediction: { changed: says, answer: says ? 'B' : 'A' },
  };
}

const verdicts = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 4, maxLength: 30 });

describe('precision and recall of `changed`', () => {
  it('are shares of those said to change, and of those that change', () => {
    fc.assert(
      fc.property(verdicts, (all) => {
        const said = all.filter(([, says]) => says).length;
        const actual = all.filter(([changed]) => changed).length;
        fc.pre(said > 0 && actual > 0);
        const right = all.filter(([changed, says]) => changed && says).length;
        const [arm] = armRates(
          all.map(([changed, says], i) => verdict(i, changed, says)),
          1,
          2,
        );
        expect(arm?.rates.precision.value).toBeCloseTo(right / said, 12);
        expect(arm?.rates.recall.value).toBeCloseTo(right / actual, 12);
      }),
    );
  });

  it('change places if truth and answer do', () => {
    fc.assert(
      fc.property(verdicts, (all) => {
        const given = armRates(
          all.map(([changed, says], i) => verdict(i, changed, says)),
          1,
          2,
        )[0]?.rates;
        const swapped = armRates(
          all.map(([changed, says], i) => verdict(i, says, changed)),
          1,
          2,
        )[0]?.rates;
        expect(given?.precision.value).toEqual(swapped?.recall.value);
        expect(given?.recall.value).toEqual(swapped?.precision.value);
        expect(given?.hasChangedF1.value).toBeCloseTo(swapped?.hasChangedF1.value ?? -1, 12);
      }),
    );
  });
});

describe('standard errors', () => {
  it('of rates are not smaller for rows of one cluster that say the same', () => {
    fc.assert(
      fc.property(verdicts, fc.integer({ min: 2, max: 5 }), (all, times) => {
        const rows = all.map(([changed, says], i) => verdict(i, changed, says));
        const copies = rows.flatMap((row) => Array.from({ length: times }, () => row));
        const [one, several] = [rows, copies].map((some) => armRates(some, 1, 50)[0]);
        one?.draws.exact.forEach((value, draw) => {
          expect(several?.draws.exact[draw]).toBeCloseTo(value, 10);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('of scores are those of clusters, not of rows', async () => {
    const { normal } = quickStream('clusters of scores');
    const levels = Array.from({ length: 40 }, () => Math.max(-1, Math.min(1, 0.2 * normal())));
    /** Each prompt five times, with scores that differ by next to nothing. */
    const rows = (named: boolean): Cells[] =>
      levels.flatMap((level, prompt) =>
        Array.from({ length: 5 }, (_, copy) =>
          ['self', 'other'].map((explainer) => ({
            ...{ item: `${prompt}.${copy}`, target: 'm', task: 'features', explainer },
            ...(named && { cluster: `prompt ${prompt}` }),
            score: explainer === 'self' ? level * 0.9 + 0.001 * normal() : 0,
          })),
        ).flat(),
      );
    const width = async (of: readonly Cells[]) => {
      const sampling = { chains: 2, warmup: 200, draws: 500 };
      const [task] = await compareItems(readItems([tableOf(of)]).rows, sampling);
      if (!task || 'why' in task.selfMinusOther) throw new Error('nothing is told');
      const [low, high] = hdi(task.selfMinusOther.draws);
      return high - low;
    };
    // As if independent, 200 rows are 40 prompts five times: too narrow by the square root of 5.
    expect((await width(rows(true))) / (await width(rows(false)))).toBeGreaterThan(0.8 * 5 ** 0.5);
  });
});

describe('several answers to an item', () => {
  it('count as much as one: more tries earn nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 8 }),
        (scores) => {
          const cells = { item: 'q', target: 'm', task: 'features' };
          const table = tableOf([
            { ...cells, explainer: 'self', score: 0 },
            ...scores.map((score, sample) => ({ ...cells, explainer: 'SelfIE', score, sample })),
          ]);
          const { rows, notes } = readItems([table]);
          const sum = scores.reduce((total, score) => total + score, 0);
          expect(rows.map(({ explainer }) => explainer)).toEqual(['self', 'SelfIE']);
          expect(rows[1]?.score).toBeCloseTo(sum / scores.length, 10);
          expect(notes.join()).toMatch(/the best of several cannot be compared with one answer/);
        },
      ),
    );
  });
});

describe('signs', () => {
  const states = allStates(smallWorld, smallQuestions);
  const language = new Language(smallWorld, states);

  it('are kept: a description of the opposite of a feature earns less than none', () => {
    const phrase = fc.nat(language.phrases.length - 1);
    fc.assert(
      fc.property(phrase, fc.nat(1000), (first, seed) => {
        const sentence = { first, join: null, second: null };
        const { normal } = quickStream('activations', seed);
        const holds = language.holds(sentence);
        const activation = Float64Array.from(holds, (one) => one + 0.1 * normal());
        const score = language.score(sentence, activation);
        const opposite = language.score(
          sentence,
          activation.map((value) => -value),
        );
        expect(opposite).toBeCloseTo(-score, 10);
        if (new Set(holds).size > 1) expect(opposite).toBeLessThan(0);
      }),
      { numRuns: 50 },
    );
  });

  it('are kept in the mean of a table: r and −r are 0 together', () => {
    const cells = { item: 'q', target: 'm', task: 'features', explainer: 'other' };
    const { rows } = readItems([
      tableOf([
        { ...cells, explainer: 'self', score: 0.5 },
        { ...cells, score: 0.8, sample: 1 },
        { ...cells, score: -0.8, sample: 2 },
      ]),
    ]);
    expect(rows[1]?.score).toBe(0);
  });
});

describe('a patch', () => {
  it('replaces the residual: it is the vector then, and its own residual changes nothing', () => {
    const model = untrainedTarget();
    const facts = smallWorld.facts.length;
    const draws = fc.record({
      fact: fc.nat(facts - 1),
      source: fc.nat(facts - 1),
      position: fc.nat(2),
      layer: fc.nat(2),
    });
    fc.assert(
      fc.property(draws, ({ fact, source, position, layer }) => {
        const block = { first: layer, last: layer };
        const tokens = statementTokens(smallWorld, fact);
        const residual = (of: number) => {
          model.forward([{ tokens: statementTokens(smallWorld, of) }]);
          return Float32Array.from(model.activation('residual', layer, 0, position));
        };
        const patched = (vector: Float32Array) => ({
          tokens,
          patches: patchesOf({ position, block }, vector) ?? [],
        });
        const [own, other] = [residual(fact), residual(source)];
        const plain = model.forward([{ tokens }])[0]?.slice();
        const same = model.forward([patched(own)])[0];
        expect(same).toEqual(plain);
        model.forward([patched(other)]);
        expect(model.activation('residual', layer, 0, position).slice()).toEqual(other);
      }),
      { numRuns: 30 },
    );
  });

  it('is called a replacement where readers meet it', async () => {
    const page = await readFile(join(checkout, 'docs/explanations.md'), 'utf8');
    expect(page).toMatch(/activation is replaced/);
    expect(page).not.toMatch(/steer|(?:vector|activation|residual) is added|inject/i);
  });
});
