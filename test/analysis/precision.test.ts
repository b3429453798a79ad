/** Figures do not depend on the seed: the correlations are exact, the weights certain to the integer. */
import { describe, expect, it } from 'vitest';
import { type Figure, figuresOf } from '../../src/analysis/figures.js';
import { type Reproduction, reproduce } from '../../src/analysis/reproduce.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import { readPaperFigures } from '../../src/cli/paper-figures.js';
import { fixturePath } from '../../src/package-info.js';
import { certaintyLine, figureTable } from '../../src/report/text-tables.js';
import type { Choice } from '../../src/study/context.js';
import type { Study } from '../../src/study/study.js';
import { isDeep, powered } from '../support/deep.js';

/** The replica, or the part of it with one model and every eighth context. */
async function replica(part: 'all' | 'an eighth'): Promise<Study> {
  const study = await readStudy(fixturePath('replica'));
  if (part === 'all') return study;
  return {
    ...study,
    models: study.models.slice(0, 1).map((model) => {
      const every = (rows: readonly Choice[]) =>
        [...new Set(rows.map(({ context }) => context))].filter((_, i) => i % 8 === 0);
      const contexts = new Set([...every(model.instilledChoices), ...every(model.nativeChoices)]);
      const within = <T extends { readonly context: string }>(rows: readonly T[]) =>
        rows.filter(({ context }) => contexts.has(context));
      return {
        ...model,
        instilledChoices: within(model.instilledChoices),
        nativeChoices: within(model.nativeChoices),
        offTheShelfReports: within(model.offTheShelfReports),
        instilledReports: within(model.instilledReports),
        firstHalfTrainedReports: within(model.firstHalfTrainedReports),
        lastHalfTrainedReports: within(model.lastHalfTrainedReports),
        nativeReports: within(model.nativeReports),
        nativeTrainedReports: within(model.nativeTrainedReports),
      };
    }),
  };
}

async function figuresFor(result: Reproduction): Promise<Figure[]> {
  return figuresOf(result, await readPaperFigures());
}

describe('the digits of a reproduction', () => {
  // Few draws: that the digits do not depend on draws is what is tested.
  const digits = async (study: Study, seed: number) => {
    const result = await reproduce(study, { seed, chains: 1, warmup: 20, draws: 20 });
    const figures = await figuresFor(result);
    return `${figureTable(figures, 'replica')}\n${certaintyLine(figures, 2)}`;
  };

  const seeds = powered(6, 20);

  it(`are the same for ${seeds} seeds, on a part of the replica`, async () => {
    const study = await replica('an eighth');
    const tables = new Set<string>();
    for (let seed = 1; seed <= seeds; seed++) tables.add(await digits(study, seed));
    expect(tables.size).toBe(1);
    expect([...tables][0]).toContain('all figures are certain to the printed digit');
  });

  it.runIf(isDeep)('are the same for two seeds, on all of it', async () => {
    const study = await replica('all');
    const one = await digits(study, 1);
    expect(one).toContain('all figures are certain to the printed digit');
    expect(await digits(study, 2)).toBe(one);
  });
});
