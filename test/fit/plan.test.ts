/** The choice between split HMC and NUTS: made before the first draw of a fit, from seed and name alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFit } from '../../src/fit/plan.js';
import { type ChainTask, chainTaskInSteps, runHere, runnerByChains } from '../../src/fit/run.js';
import { randomStream } from '../../src/random/stream.js';
import { regression } from '../../src/regression/regression.js';
import type { Chain } from '../../src/sampler/chain.js';
import type { Model } from '../../src/sampler/model.js';
import { planSampling } from '../../src/sampler/plan.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { funnel } from '../support/funnel.js';

/** Independent standard normals, which count evaluations. */
function normals(dimension: number) {
  const counted = { gradients: 0 };
  const model: Model = {
    dimension,
    parameterNames: Array.from({ length: dimension }, (_, i) => `x${i}`),
    logDensity(q, gradient) {
      counted.gradients++;
      let sum = 0;
      for (let i = 0; i < dimension; i++) {
        gradient[i] = -q[i];
        sum -= 0.5 * q[i] ** 2;
      }
      return sum;
    },
    hessian(_, hessian) {
      hessian.fill(0);
      for (let i = 0; i < dimension; i++) hessian[i * (dimension + 1)] = -1;
    },
  };
  return { model, counted };
}

/** A plan without its functions. */
function content(model: Model, settings: Parameters<typeof completeSettings>[0], fit: string) {
  const { plan, paretoK } = planFit(model, completeSettings(settings), fit);
  const steps = plan.algorithm === 'split-hmc' ? plan.steps : null;
  return { algorithm: plan.algorithm, steps, paretoK };
}

describe('the plan of a fit', () => {
  const models = [funnel(12), funnel(16), funnel(25), normals(3).model, normals(25).model];

  it('is the same for any number of draws and chains, and whenever it is made', () => {
    const anyRun = fc.record({
      draws: fc.integer({ min: 4, max: 100_000 }),
      chains: fc.integer({ min: 1, max: 100 }),
      warmup: fc.integer({ min: 0, max: 5000 }),
    });
    fc.assert(
      fc.property(fc.constantFrom(...models), fc.nat(50), anyRun, anyRun, (model, seed, a, b) => {
        expect(content(model, { seed, ...a }, 'fit')).toEqual(
          content(model, { seed, ...b }, 'fit'),
        );
      }),
      { numRuns: 60, seed: 16 },
    );
  });

  it('is split HMC for normals of any dimension, at no cost but that of a short pilot', () => {
    for (const dimension of [3, 20, 21, 60, 1000]) {
      const { model: given, counted } = normals(dimension);
      // As regressions with many group effects are: their coordinates are whitened.
      const model = dimension < 100 ? given : { ...given, whitened: true };
      const settings = completeSettings();
      const cost = (plan: () => unknown) => {
        counted.gradients = 0;
        plan();
        return counted.gradients;
      };
      const trials = cost(() => planSampling(model, settings, 'fit'));
      const pilot = cost(() => planFit(model, settings, 'fit')) - trials;
      expect(planFit(model, settings, 'fit').plan).toMatchObject({ algorithm: 'split-hmc' });
      // With up to 20 parameters, the importance weights of a normal leave no doubt.
      if (dimension <= 20) expect(pilot).toBe(0);
      // Two gradients per transition and one step per trajectory; 20 transitions of warm-up.
      const ofChain = 2 * (settings.draws + 20);
      expect(pilot).toBeLessThanOrEqual(0.05 * settings.chains * ofChain);
      expect(pilot).toBeLessThanOrEqual(0.15 * ofChain);
    }
  });

  it('is NUTS if the pilot mixes badly: a funnel that looks normal at its mode', () => {
    const algorithms = Array.from({ length: 20 }, (_, seed) => {
      const settings = completeSettings({ seed });
      expect(planSampling(funnel(25), settings, 'fit').algorithm).toBe('split-hmc');
      return planFit(funnel(25), settings, 'fit').plan.algorithm;
    });
    // 300 of 4,000 draws are effective. NUTS was chosen in all of 200 other seeds.
    expect(algorithms.filter((one) => one === 'nuts').length).toBeGreaterThanOrEqual(19);
  });

  it('does not care for the pilot if split HMC is asked for', () => {
    const settings = completeSettings({ algorithm: 'split-hmc', seed: 1 });
    expect(planFit(funnel(25), settings, 'fit').plan.algorithm).toBe('split-hmc');
  });
});

/** A straight line with a little noise. */
const random = randomStream('line');
const data = Array.from({ length: 30 }, () => {
  const x = 4 * random.uniform() - 2;
  return { x, y: 0.1 * random.normal() };
});
const call = { formula: 'y ~ x', data, seed: 3, draws: 100, warmup: 100 };

/** Runs the chains of a task here. */
function finish(task: ChainTask, onProgress: (done: Chain['warmup']) => void = () => {}) {
  const steps = chainTaskInSteps(task);
  let step = steps.next();
  for (; !step.done; step = steps.next()) onProgress(step.value.done);
  return step.value;
}

describe('chains that run elsewhere', () => {
  it('are sampled once, whatever their draws, and a low ESS is reported', async () => {
    const asked: (readonly ChainTask[])[] = [];
    const done: number[] = [];
    const fit = await regression({
      ...call,
      runner: runnerByChains(async (tasks) => {
        asked.push(tasks);
        // Draws that stand still for long.
        return tasks.map((task) => {
          const { chain, paretoK } = finish(task);
          const width = chain.draws.length / call.draws;
          const stuck = chain.draws.map((_, at) => {
            const draw = Math.floor(Math.floor(at / width) / 20) * 20;
            return chain.draws[draw * width + (at % width)];
          });
          return { paretoK, chain: { ...chain, draws: stuck } };
        });
      }),
      onProgress: (progress) => {
        expect(progress.total).toBe(4 * 120);
        done.push(progress.done);
      },
    });
    expect(asked.map((tasks) => tasks.map(({ chain }) => chain))).toEqual([[0, 1, 2, 3]]);
    expect(fit.chains.map(({ algorithm }) => algorithm)).toEqual(Array(4).fill('split-hmc'));
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(fit.diagnostics.minEssTail).toBeLessThan(0.15 * 400);
    expect(fit.warnings.join('\n')).toMatch(/ESS/);
  });

  it('make the same plan each, also if it takes a pilot', async () => {
    // With six rows, importance weights leave doubt, and seeds differ in the choice.
    const few = { ...call, data: data.slice(0, 6), draws: 40, warmup: 60 };
    const chosen = new Set<string>();
    for (let seed = 0; seed < 5; seed++) {
      const elsewhere = runnerByChains(async (tasks) => tasks.map((task) => finish(task)));
      const [there, here] = await Promise.all(
        [elsewhere, runHere].map((runner) => regression({ ...few, seed, runner })),
      );
      const algorithms = there.chains.map(({ algorithm }) => algorithm);
      expect(new Set(algorithms).size).toBe(1);
      expect(there.draws.values).toEqual(here.draws.values);
      expect(there.diagnostics).toEqual(here.diagnostics);
      if (Number(there.diagnostics.paretoK) <= 0.7) chosen.add(algorithms[0]);
    }
    // Where the weights allow split HMC, the pilot accepts it in some seeds and not in others.
    expect(chosen).toEqual(new Set(['nuts', 'split-hmc']));
  });
});
