/** Learned weights by partial pooling: recovery, limits, and what is read off the one regression. */
import { describe, expect, test } from 'vitest';
import { workerPool } from 'weighbridge/node';
import type { ContextChoices, LearnedWeights } from '../../src/analysis/learned-weights.js';
import { nativeWeights } from '../../src/analysis/native-weights.js';
import { type Pooling, weightPlan } from '../../src/analysis/pooled-weights.js';
import { reproduce } from '../../src/analysis/reproduce.js';
import { correlation } from '../../src/analysis/standardize.js';
import { runJob } from '../../src/fit/job.js';
import { readStudy } from '../../src/node.js';
import { randomStream } from '../../src/random/stream.js';
import { completeSettings } from '../../src/sampler/settings.js';
import type { Choice, Context } from '../../src/study/context.js';
import { GPT_4O, smallStudy } from '../support/small-study.js';

const settings = { chains: 4, warmup: 300, draws: 250 };

interface Simulated {
  readonly groups: readonly ContextChoices[];
  /** True weights, in logits a range, by context. */
  readonly truth: readonly (readonly number[])[];
}

/** Choices by weights from normal(0, sd) and intercepts from normal(0, 0.5). */
function simulated(
  seed: number,
  { contexts, attributes, choices, sd }: Record<string, number>,
): Simulated {
  const random = randomStream('pooled weights', seed);
  const uniform = () => random.uniform();
  const truth: number[][] = [];
  const groups = Array.from({ length: contexts ?? 0 }, (_, c): ContextChoices => {
    const context: Context = {
      name: `context ${c}`,
      question: '',
      attributes: Array.from({ length: attributes ?? 0 }, (_attribute, j) => ({
        name: `attribute ${j}`,
        min: 0,
        max: 1,
      })),
    };
    const weights = context.attributes.map(() => (sd ?? 0) * random.normal());
    truth.push(weights);
    const intercept = 0.5 * random.normal();
    const made = Array.from({ length: choices ?? 0 }, (): Choice => {
      const a = weights.map(uniform);
      const b = weights.map(uniform);
      const eta = weights.reduce((sum, w, j) => sum + w * ((a[j] ?? 0) - (b[j] ?? 0)), intercept);
      return { context: context.name, a, b, choseA: random.uniform() < 1 / (1 + Math.exp(-eta)) };
    });
    return { context, choices: made };
  });
  return { groups, truth };
}

async function learned(
  groups: readonly ContextChoices[],
  pooling: Pooling,
  more = {},
): Promise<readonly LearnedWeights[]> {
  const all = await nativeWeights(new Map([['m', groups]]), { ...settings, ...more }, pooling);
  return all.get('m') ?? [];
}

const flat = (weights: readonly LearnedWeights[]) => weights.flatMap(({ slopes }) => slopes);

describe('partial pooling', () => {
  test('finds weights better than separate regressions from ten choices a context', async () => {
    const size = { contexts: 16, attributes: 2, choices: 10, sd: 3 };
    const studies = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => {
        const { groups, truth } = simulated(seed, size);
        const target = truth.flat();
        const of = async (pooling: Pooling) => {
          const weights = await learned(groups, pooling);
          const ends = weights.flatMap(({ slopeHdis }) => slopeHdis);
          return {
            squares: flat(weights).map((w, i) => (w - (target[i] ?? 0)) ** 2),
            r: correlation(flat(weights), target),
            inside: ends.map(
              ([low, high], i) => low <= (target[i] ?? 0) && (target[i] ?? 0) <= high,
            ),
          };
        };
        return { none: await of('none'), partial: await of('partial') };
      }),
    );
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const squares = (pooling: Pooling) => sum(studies.flatMap((one) => one[pooling].squares));
    expect(squares('partial')).toBeLessThan(0.8 * squares('none'));
    // The order of weights gains less: separate regressions shrink all of them alike.
    const gain = sum(studies.map(({ none, partial }) => partial.r - none.r)) / studies.length;
    expect(gain).toBeGreaterThan(-0.02);
    // 128 weights, in HDIs of 95%: fewer than 0.87 have a probability of 2e-4, if independent.
    const inside = studies.flatMap(({ partial }) => partial.inside);
    expect(inside.filter(Boolean).length / inside.length).toBeGreaterThan(0.87);
  });

  test('is what separate regressions are when choices are many', async () => {
    const { groups } = simulated(7, { contexts: 3, attributes: 2, choices: 400, sd: 1 });
    const few = { chains: 2, draws: 200 };
    const none = await learned(groups, 'none', few);
    const partial = await learned(groups, 'partial', few);
    none.forEach(({ slopes, slopeHdis, intercept }, c) => {
      slopes.forEach((slope, j) => {
        const [low, high] = slopeHdis[j] ?? [0, 0];
        const sd = (high - low) / 3.92;
        // The priors, of an sd of 1 and of about 1, pull by a part of variance / prior variance.
        expect(Math.abs(slope - (partial[c]?.slopes[j] ?? 0))).toBeLessThan(0.3 * sd);
      });
      expect(Math.abs(intercept - (partial[c]?.intercept ?? 0))).toBeLessThan(0.1);
    });
  });

  test('gives the same weights on this thread and on workers', async () => {
    const { groups } = simulated(8, { contexts: 3, attributes: 2, choices: 12, sd: 3 });
    const pool = workerPool(2);
    try {
      const few = { chains: 2, draws: 60 };
      const here = await learned(groups, 'partial', few);
      expect(await learned(groups, 'partial', { ...few, runner: pool.runner })).toEqual(here);
    } finally {
      await pool.close();
    }
  });

  test('reads the fit of each context off the fit of all', () => {
    const { groups } = simulated(9, { contexts: 3, attributes: 2, choices: 12, sd: 3 });
    const plan = weightPlan('m', groups, 'partial');
    expect(plan.jobs).toHaveLength(1);
    const results = plan.jobs.map((job) =>
      runJob({ ...job, keepDraws: true }, completeSettings(settings)),
    );
    const [pooled] = results;
    const fits = plan.read(new Map(results.map((result) => [result.name, result])));
    expect(fits.map(({ name }) => name)).toEqual(groups.map(({ context }) => `m/${context.name}`));
    fits.forEach((fit, c) => {
      expect(fit.parameters.map(({ name }) => name)).toEqual(['b_Intercept', 'b_d1', 'b_d2']);
      expect(fit.draws?.parameterNames).toEqual(['b_Intercept', 'b_d1', 'b_d2']);
      const place = pooled?.draws?.parameterNames.indexOf(`w[context ${c},2]`) ?? -1;
      expect(pooled?.parameters[place]?.hdi).toEqual(fit.parameters[2]?.hdi);
      const width = pooled?.draws?.parameterNames.length ?? 0;
      for (const draw of [0, 17, 999]) {
        expect(fit.draws?.values[3 * draw + 2]).toBe(pooled?.draws?.values[width * draw + place]);
      }
    });
  });

  test('means with control variates are those of plain draws, with less error', () => {
    const { groups } = simulated(10, { contexts: 6, attributes: 2, choices: 30, sd: 2 });
    const [job] = weightPlan('m', groups, 'partial').jobs;
    if (!job) throw new Error('no job');
    const { parameters, controlledMeans = [] } = runJob(job, completeSettings(settings));
    expect(controlledMeans).toHaveLength(parameters.length);
    // 21 comparisons at 4.5 standard errors: false alarm 1.5e-4.
    parameters.forEach(({ mean, mcseMean }, i) => {
      const controlled = controlledMeans[i];
      expect(Math.abs((controlled?.mean ?? 0) - mean)).toBeLessThan(
        4.5 * Math.hypot(mcseMean, controlled?.mcse ?? 0),
      );
    });
    const effects = parameters.flatMap(({ name, mcseMean }, i) =>
      name.startsWith('w[') ? [(controlledMeans[i]?.mcse ?? 0) / mcseMean] : [],
    );
    expect(effects.reduce((sum, ratio) => sum + ratio, 0) / effects.length).toBeLessThan(0.7);
  });

  test('takes contexts with different numbers of attributes', async () => {
    const wide = simulated(11, { contexts: 2, attributes: 3, choices: 20, sd: 2 }).groups;
    const narrow = simulated(12, { contexts: 2, attributes: 1, choices: 20, sd: 2 }).groups.map(
      ({ context, choices }) => ({
        context: { ...context, name: `narrow ${context.name}` },
        choices: choices.map((choice) => ({ ...choice, context: `narrow ${choice.context}` })),
      }),
    );
    const weights = await learned([...wide, ...narrow], 'partial');
    expect(weights.map(({ slopes }) => slopes.length)).toEqual([3, 3, 1, 1]);
    for (const { slopeHdis } of weights.slice(2)) expect(slopeHdis).toHaveLength(1);
  });

  test('works for one context, whose own choices then say how large weights are', async () => {
    const { groups } = simulated(13, { contexts: 1, attributes: 2, choices: 40, sd: 2 });
    const [only] = await learned(groups, 'partial');
    for (const slope of only?.slopes ?? []) expect(Number.isFinite(slope)).toBe(true);
    expect(Math.max(...(only?.scaled ?? []).map(Math.abs))).toBe(100);
  });

  test('is told in one line that all choices of all contexts are alike', () => {
    const { groups } = simulated(14, { contexts: 2, attributes: 2, choices: 5, sd: 2 });
    const alike = groups.map(({ context, choices }) => ({
      context,
      choices: choices.map((choice) => ({ ...choice, choseA: true })),
    }));
    expect(() => weightPlan('m', alike, 'partial')).toThrowError(
      expect.objectContaining({
        code: 'bad-data',
        message: 'm: all 10 choices are A: expected some of each option',
      }),
    );
  });
});

describe('reproduce with pooling', () => {
  test('says how large weights are and how well choices are predicted', async () => {
    const small = await smallStudy({ contexts: 4, models: [GPT_4O] });
    try {
      const study = await readStudy(small.folder);
      const rounds: string[][] = [];
      const seen: string[] = [];
      const result = await reproduce(study, {
        ...settings,
        draws: 100,
        pooling: 'partial',
        observe: (round) => {
          rounds.push(round.map(({ job }) => job.name));
          return ({ name, draws }) => {
            expect(draws?.drawsPerChain).toBe(100);
            seen.push(name);
          };
        },
      });
      // Observers see a fit for each context, as without pooling, and none that is only compared with.
      expect(rounds[0]).toHaveLength(8);
      expect(seen.slice(0, 8).sort()).toEqual(rounds[0]?.sort());
      expect(rounds).toHaveLength(2);
      const { pooled = [] } = result;
      expect(pooled.map(({ setting }) => setting)).toEqual(['instilled', 'native']);
      for (const { hyperparameters, prediction } of pooled) {
        expect(hyperparameters.map(({ name }) => name)).toEqual(['tau_w', 'mu_a', 'tau_a']);
        const { none, partial, difference } = prediction?.leftOutChoices ?? {};
        expect(difference?.estimate).toBeCloseTo(
          (partial?.estimate ?? 0) - (none?.estimate ?? 0),
          8,
        );
        // A coin has −0.69 for each choice; the replica's weights are large.
        expect(partial?.estimate).toBeGreaterThan(Math.log(0.5) * (prediction?.choices ?? 0));
        expect(prediction?.correctPercent.partial.estimate).toBeGreaterThan(60);
        expect(prediction?.leftOutContexts.partial.estimate).toBeLessThan(partial?.estimate ?? 0);
      }
    } finally {
      await small.remove();
    }
  });

  test('rejects another word', async () => {
    const study = { folder: '', contexts: new Map(), targets: new Map(), models: [], warnings: [] };
    await expect(
      // @ts-expect-error: the type allows none and partial
      reproduce({ ...study, provenance: null }, { pooling: 'full' }),
    ).rejects.toThrowError(/^pooling is full, but must be one of none, partial$/);
  });
});
