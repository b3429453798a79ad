/** Which joint fits the latent correlations of a study take, and how their draws become effects. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { latentPlan } from '../../src/analysis/latent.js';
import { modelData } from '../../src/analysis/learned-weights.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import type { FitResult } from '../../src/fit/job.js';
import { summarize } from '../../src/posterior/summary.js';
import { randomStream } from '../../src/random/stream.js';
import type { Study } from '../../src/study/study.js';
import { GPT_4O, GPT_4O_MINI, type SmallStudy, smallStudy } from '../support/small-study.js';

let small: SmallStudy;
let study: Study;
beforeAll(async () => {
  small = await smallStudy({ contexts: 2 });
  study = await readStudy(small.folder);
});
afterAll(() => small.remove());

const planOf = (neverTrained: readonly string[]) =>
  latentPlan(
    study.models.map((model) => modelData(model, study)),
    study,
    { weighChoices: 'as-made', neverTrained },
  );

/** A fit whose rhos are draws around the centre. */
function fakeFit(name: string, rhos: Readonly<Record<string, number>>): FitResult {
  const random = randomStream(name);
  const parameterNames = Object.keys(rhos);
  const values = Float64Array.from({ length: 400 * parameterNames.length }, (_, i) => {
    const centre = Object.values(rhos)[i % parameterNames.length] ?? 0;
    return Math.tanh(Math.atanh(centre) + 0.05 * random.normal());
  });
  const draws = { parameterNames, chains: 2, drawsPerChain: 200, values };
  const diagnostics = {
    ...{ maxRhat: 1, minEssBulk: 400, minEssTail: 400, divergences: 0, maxDepthHits: 0 },
    ...{ minEbfmi: 1, paretoK: null },
  };
  return {
    name,
    algorithm: 'nuts',
    parameters: summarize(draws),
    diagnostics,
    warnings: [],
    draws,
  };
}

it('takes a fit for each comparison, and one for each effect of a base model', () => {
  const of = (model: string) => [
    ...[`${model}/learned_vs_target`, `${model}/instilled/reports`],
    ...[`${model}/instilled/off_the_shelf_reports`, `${model}/instilled/trained_reports`],
    ...[`${model}/native/reports`, `${model}/native/trained_reports`],
    ...[`effect/${model}/instilled`, `effect/${model}/native`],
  ];
  const names = (plan: ReturnType<typeof planOf>) => plan.fits.map(({ job }) => job.name).sort();
  const all = [...of(GPT_4O), ...of(GPT_4O_MINI)].map((name) => `latent/${name}`);
  expect(names(planOf([]))).toEqual(all.sort());
  // Of a model that was never trained, what compares it with its training is left out.
  const kept = all.filter(
    (name) => !new RegExp(`${GPT_4O}/.*trained|effect/${GPT_4O}/`).test(name),
  );
  expect(names(planOf([GPT_4O]))).toEqual(kept);
});

it('averages the increases of rho over base models, and has no effect if one was never trained', () => {
  const rhos: Readonly<Record<string, readonly [number, number]>> = {
    [GPT_4O]: [0.5, 0.8],
    [GPT_4O_MINI]: [0.6, 0.7],
  };
  const fits = (plan: ReturnType<typeof planOf>) =>
    new Map(
      plan.fits.map(({ job: { name }, subject: { model = '' } }) => {
        const [before = 0, after = 0] = rhos[model] ?? [];
        const effect = { 'rho[reports]': before, 'rho[trained_reports]': after };
        return [name, fakeFit(name, name.includes('/effect/') ? effect : { rho: before })];
      }),
    );
  const plan = planOf([]);
  const { correlations, effects, notes } = plan.read(fits(plan));
  expect(notes).toEqual([
    expect.stringMatching(/off_the_shelf_reports: no report of 1 context, for example \w+; only/),
  ]);
  expect(correlations.size).toBe(12);
  expect(correlations.get(`${GPT_4O_MINI}/native/reports`)?.mean).toBeCloseTo(0.6, 1);
  // Four rhos with an sd of at most .04 each, of 400 draws: an error of .002 of the mean of two
  // differences; five of them.
  expect(Math.abs((effects.instilled?.median ?? 0) - 0.2)).toBeLessThan(0.01);
  const z = (Math.atanh(0.8) - Math.atanh(0.5) + Math.atanh(0.7) - Math.atanh(0.6)) / 2;
  expect(Math.abs((effects.native?.fisherZ.median ?? 0) - z)).toBeLessThan(0.015);
  expect(effects.native?.hdi[0]).toBeLessThan(0.2);
  expect(effects.native?.hdi[1]).toBeGreaterThan(0.2);
  const partly = planOf([GPT_4O]);
  expect(partly.read(fits(partly)).effects).toEqual({ instilled: null, native: null });
});
