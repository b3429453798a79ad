/**
 * Dual averaging on acceptance curves that are known, and the first guess of a step size with
 * momenta that are known: no statistics, every bound follows from the algorithm.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RandomStream, randomStream } from '../../src/random/stream.js';
import {
  energy,
  evaluate,
  leapfrog,
  newPhasePoint,
  refreshMomentum,
} from '../../src/sampler/hamiltonian.js';
import { unitMetric } from '../../src/sampler/metric.js';
import type { Model } from '../../src/sampler/model.js';
import { dualAveraging, findInitialStepSize } from '../../src/sampler/warm-up.js';

const GAMMA = 0.05;

describe('dual averaging', () => {
  it('reaches its target on a falling acceptance curve, whatever the scale and the start', () => {
    // With acceptance exp(−ε/s) the goal is ε* = −s log(target). The recursion leaves the
    // acceptance of the n-th step γ |μ − log ε*| / (2 √n) from its target (Hoffman & Gelman 2014,
    // §3.2, with a = target: μ − log ε = √n/γ · mean error); the averaged step lags behind over
    // the last n^0.75 of n steps, here less than a third. Twice that distance is allowed.
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 0.95, noNaN: true }),
        fc.double({ min: -7, max: 7, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (target, logScale, logOffset) => {
          const scale = Math.exp(logScale);
          const goal = -scale * Math.log(target);
          const start = goal * Math.exp(logOffset);
          const adaptation = dualAveraging(target);
          adaptation.restart(start);
          let stepSize = start;
          const steps = 2000;
          for (let i = 0; i < steps; i++) stepSize = adaptation.update(Math.exp(-stepSize / scale));
          const distance = Math.abs(Math.log((10 * start) / goal));
          const bound = (GAMMA * distance) / Math.sqrt(steps);
          const acceptance = Math.exp(-adaptation.averaged() / scale);
          expect(Math.abs(acceptance - target)).toBeLessThan(bound);
        },
      ),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('starts from ten times the step size: acceptance on target keeps it there', () => {
    const adaptation = dualAveraging(0.8);
    adaptation.restart(0.1);
    for (let i = 0; i < 10; i++) expect(adaptation.update(0.8)).toBeCloseTo(1, 12);
    expect(adaptation.averaged()).toBeCloseTo(1, 12);
  });

  it('takes its first step as Hoffman and Gelman write it', () => {
    // η = 1/(1 + t0) = 1/11; log ε = log 10 − (target − acceptance) η √1 / γ.
    const adaptation = dualAveraging(0.8);
    adaptation.restart(1);
    const expected = 10 * Math.exp(-(0.8 - 0.3) / 11 / GAMMA);
    expect(adaptation.update(0.3)).toBeCloseTo(expected, 12);
    expect(adaptation.averaged()).toBeCloseTo(expected, 12);
  });

  it('averages the logarithms of its steps with weights that decay as n^-0.75', () => {
    const acceptances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(acceptances, (list) => {
        const adaptation = dualAveraging(0.8);
        adaptation.restart(0.3);
        let average = 0;
        list.forEach((acceptance, i) => {
          const weight = (i + 1) ** -0.75;
          average += weight * (Math.log(adaptation.update(acceptance)) - average);
        });
        // A rounding of exp and log a step, on logarithms up to 16 √n or so.
        const tolerance = list.length * 64 * Math.sqrt(list.length) * Number.EPSILON;
        expect(Math.abs(Math.log(adaptation.averaged()) - average)).toBeLessThan(tolerance);
      }),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('answers more acceptance with longer steps', () => {
    const acceptance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(acceptance), acceptance, acceptance, (history, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((last) => {
          const adaptation = dualAveraging(0.8);
          adaptation.restart(1);
          for (const one of history) adaptation.update(one);
          return adaptation.update(last);
        });
        expect(low).toBeLessThanOrEqual(high);
      }),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('forgets the past at a restart', () => {
    const [used, fresh] = [dualAveraging(0.8), dualAveraging(0.8)];
    used.restart(7);
    for (let i = 0; i < 20; i++) used.update(0.1);
    used.restart(0.5);
    fresh.restart(0.5);
    for (const acceptance of [0.3, 1, 0.7]) {
      expect(used.update(acceptance)).toBe(fresh.update(acceptance));
      expect(used.averaged()).toBe(fresh.averaged());
    }
  });

  it('counts an acceptance above 1 as 1', () => {
    const [above, one] = [dualAveraging(0.8), dualAveraging(0.8)];
    above.restart(1);
    one.restart(1);
    expect(above.update(3)).toBe(one.update(1));
  });
});

describe('the first guess of a step size', () => {
  const normal = (scale: number): Model => ({
    dimension: 1,
    parameterNames: ['x'],
    logDensity: (q, gradient) => {
      gradient[0] = -q[0] / scale ** 2;
      return -0.5 * (q[0] / scale) ** 2;
    },
  });
  /** The same momentum at every try, so that acceptance is a function of the step size. */
  const fixedMomentum = (value: number): RandomStream => ({
    uniform: () => 0.5,
    coin: () => false,
    uniforms: (target) => target.fill(0.5),
    normal: () => value,
    normals: (target) => target.fill(value),
  });
  const metric = unitMetric(1);

  it('is the first power of two times the start beyond which acceptance crosses 0.8', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: 0.3, max: 2, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        (logScale, place, momentum, start) => {
          const model = normal(Math.exp(logScale));
          const random = fixedMomentum(momentum);
          const acceptance = (stepSize: number): number => {
            const point = newPhasePoint(1);
            point.position[0] = place * Math.exp(logScale);
            evaluate(model, point);
            refreshMomentum(metric, point, random);
            const before = energy(point);
            leapfrog(model, metric, point, stepSize);
            return Math.exp(before - energy(point));
          };
          const current = newPhasePoint(1);
          current.position[0] = place * Math.exp(logScale);
          evaluate(model, current);
          const before = structuredClone(current);
          const found = findInitialStepSize(model, metric, current, random, start);
          const doublings = Math.log2(found / start);
          expect(Number.isInteger(doublings)).toBe(true);
          const growing = doublings > 0;
          expect(acceptance(found) > 0.8).toBe(!growing);
          const signs = Array.from({ length: Math.abs(doublings) }, (_, k) =>
            growing ? start * 2 ** k : start / 2 ** k,
          );
          for (const stepSize of signs) expect(acceptance(stepSize) > 0.8).toBe(growing);
          // The chain stays where it was.
          expect(current).toEqual(before);
        },
      ),
      { seed: 2025, numRuns: 300 },
    );
  });

  it.each([
    ['a flat density, which accepts any', 0],
    ['a density that is nowhere finite', Number.NEGATIVE_INFINITY],
  ])('is the start for %s', (_, logDensity) => {
    const model: Model = {
      dimension: 1,
      parameterNames: ['x'],
      logDensity: (_position, gradient) => {
        gradient.fill(0);
        return logDensity;
      },
    };
    const current = newPhasePoint(1);
    current.logDensity = 0;
    const random = randomStream('flat', 2025);
    expect(findInitialStepSize(model, metric, current, random, 0.25)).toBe(0.25);
  });
});
