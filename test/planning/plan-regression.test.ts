/** Plans of regressions against the closed forms of power analysis. */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import { describe, expect, it } from 'vitest';
import { isWeighbridgeError } from '../../src/errors.js';
import { studentTHalfWidth } from '../../src/linear-algebra/student-t.js';
import { planRegression, type RegressionPlanOptions } from '../../src/planning/plan-regression.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { isDeep } from '../support/deep.js';

const random = quickStream('pilot of a plan');
/** A large pilot, so that its parameters are almost known: σ = 1, and no effect of t. */
const large = Array.from({ length: 4000 }, (_, i) => ({
  t: i % 2,
  x: random.normal(),
  y: random.normal(),
  won: i % 4 < 2 ? 1 : 0,
}));
/** Schools of 10 pupils, half of them treated; sd between schools .5, within 1. */
const schools = Array.from({ length: 60 }, (_, s) => ({ s, effect: 0.5 * random.normal() }));
const pupils = schools.flatMap(({ s, effect }) =>
  Array.from({ length: 10 }, () => ({ t: s % 2, school: `s${s}`, y: effect + random.normal() })),
);

describe('a plan of a regression', () => {
  it('has the power of a two-sample comparison and the width of its interval', async () => {
    const rows = [32, 128];
    const plan = await planRegression({
      formula: 'y ~ t',
      data: large,
      parameter: 't',
      effect: 0.5,
      sizes: { rows },
      simulations: 400,
    });
    plan.designs.forEach(({ power, width, fits }, i) => {
      const error = Math.sqrt(4 / (rows[i] ?? Number.NaN));
      // Student's t instead of the normal costs some power: .02 with 32 rows, 0.004 with 128.
      const expected = normalCdf(0.5 / error - 1.96, 0, 1);
      expect(Math.abs(power.mean - expected)).toBeLessThan(3 * power.mcse + 0.02);
      // σ of the pilot within 2%, and t with 29 or 125 degrees of freedom instead of the normal.
      const ratio = width.mean / (2 * 1.96 * error);
      expect(ratio).toBeGreaterThan(0.98);
      expect(ratio).toBeLessThan(i === 0 ? 1.08 : 1.03);
      expect(fits).toBe('exact');
    });
  });

  it('has the width of a log odds ratio', async () => {
    const plan = await planRegression({
      formula: 'won ~ t',
      family: 'bernoulli',
      data: large,
      parameter: 'b_t',
      effect: 0.8,
      sizes: { rows: [400] },
      simulations: 60,
    });
    const [{ width, power, fits, check }] = plan.designs as [(typeof plan.designs)[number]];
    // Var = Σ 1 / (n p (1 − p)) with 200 rows each; the mean log-odds stay 0, so p is .4 and .6.
    const error = Math.sqrt(2 / (200 * 0.4013 * 0.5987));
    expect(width.mean / (2 * 1.96 * error)).toBeCloseTo(1, 1);
    expect(Math.abs(power.mean - normalCdf(0.8 / error - 1.96, 0, 1))).toBeLessThan(4 * power.mcse);
    expect(fits).toBe('approximate');
    expect(Math.abs((check?.sdRatio ?? Number.NaN) - 1)).toBeLessThan(0.05);
  });

  it.runIf(isDeep)('knows that more pupils do not replace schools', async () => {
    const options = {
      formula: 'y ~ t + (1 | school)',
      data: pupils,
      parameter: 't',
      simulations: 20,
    };
    const few = await planRegression({ ...options, sizes: { rows: [200, 800], groups: [20] } });
    const many = await planRegression({ ...options, sizes: { groups: [80] } });
    expect(many.designs.map(({ rows }) => rows)).toEqual([800]);
    const [base = 0, morePupils = 0, moreSchools = 0] = [...few.designs, ...many.designs].map(
      ({ width }) => width.mean,
    );
    // Variance of the difference of treated and other schools: 4 (τ² + σ² / n) / schools, and Student's t
    // with two degrees of freedom less than schools. A width of 20 fits has an error of 3%, and the pilot's
    // τ of 10%, which the ratio of numbers of pupils has by half.
    const theory = (perSchool: number, count: number) =>
      studentTHalfWidth(0.95, count - 2) * Math.sqrt((4 * (0.25 + 1 / perSchool)) / count);
    const from = theory(10, 20);
    expect(Math.abs(morePupils / base - theory(40, 20) / from)).toBeLessThan(0.15);
    expect(Math.abs(moreSchools / base - theory(10, 80) / from)).toBeLessThan(0.1);
  });

  it('gives the same figures when its fits are sampled', async () => {
    const options = {
      formula: 'y ~ x',
      data: large.slice(0, 60),
      parameter: 'x',
      sizes: { rows: [60] },
      simulations: 20,
    };
    const exact = await planRegression(options);
    const sampled = await planRegression({ ...options, fits: 'sampled' });
    const [one, other] = [exact.designs[0], sampled.designs[0]];
    expect([one?.fits, other?.fits]).toEqual(['exact', 'sampled']);
    // Ends of central intervals of 1,000 draws have an error of .08 sd, and 20 fits are averaged.
    expect((other?.width.mean ?? 0) / (one?.width.mean ?? 0)).toBeCloseTo(1, 1);
    expect(Math.abs((other?.estimate.mean ?? 0) - (one?.estimate.mean ?? 0))).toBeLessThan(0.02);
  });

  it('samples where an approximation is too rough, and counts what cannot be fitted', async () => {
    const plan = await planRegression({
      formula: 'won ~ x',
      family: 'bernoulli',
      data: Array.from({ length: 14 }, (_, i) => ({
        x: i % 7,
        won: i % 7 > 3 !== (i === 0 || i === 13) ? 1 : 0,
      })),
      parameter: 'x',
      sizes: { rows: [8] },
      simulations: 20,
    });
    const [design] = plan.designs;
    expect(design?.fits).toBe('sampled');
    expect(design?.failed).toBeGreaterThan(0);
    expect(plan.notes.join()).toMatch(/8 rows: \d+ of 20 simulated data sets could not be fitted/);
  });

  it('recommends by rows or by price, and names what was assumed', async () => {
    const plan = await planRegression({
      formula: 'y ~ t',
      data: large.slice(0, 100),
      parameter: 't',
      effect: -0.6,
      target: { power: 0.8 },
      rowPrice: 0.5,
      simulations: 100,
    });
    expect(plan.designs.map(({ rows }) => rows)).toEqual([50, 100, 200, 400]);
    expect(plan.recommended?.power.mean).toBeGreaterThanOrEqual(0.8);
    expect(plan.recommended?.cost).toBe(0.5 * (plan.recommended?.rows ?? 0));
    expect(plan).toMatchObject({ parameter: 'b_t', effect: -0.6, group: null });
    expect(plan.pilot.rows).toBe(100);
  });

  it('says in one line what cannot be planned', async () => {
    const failsWith = async (change: Partial<RegressionPlanOptions>, message: RegExp) => {
      const options = { formula: 'y ~ t', data: large.slice(0, 40), parameter: 't', ...change };
      const error: unknown = await planRegression(options).catch((thrown: unknown) => thrown);
      expect(isWeighbridgeError(error, 'bad-argument')).toBe(true);
      expect(String(error)).toMatch(message);
    };
    await failsWith(
      { parameter: 'z' },
      /parameter is the text 'z', expected one of b_Intercept, b_t, sigma/,
    );
    await failsWith({ vary: ['groups'] }, /no groups to vary/);
    await failsWith({ vary: [] }, /nothing varies/);
    await failsWith({ sizes: { rows: [2] } }, /rows is 2/);
    await failsWith({ group: 'g' }, /no grouping factor 'g'/);
    await failsWith({ effect: 0, target: { power: 0.8 } }, /effect is 0/);
    await failsWith({ effect: 1e308 }, /an effect of 1e\+308 gives outcomes such as/);
    await failsWith({ parameter: 'sigma', effect: 1 }, /an effect is for a slope/);
    await failsWith({ parameter: 'sigma', target: { power: 0.8 } }, /sigma is always above 0/);
    await failsWith({ sizes: { rows: [1e6] }, simulations: 1e5 }, /at most 1000 are possible/);
    await failsWith({ rowPrice: -1 }, /rowPrice is -1/);
    const crossed = {
      formula: 'y ~ t + (1 | g) + (1 | h)',
      data: large.slice(0, 40).map((row, i) => ({ ...row, g: `g${i % 4}`, h: `h${i % 5}` })),
      vary: ['groups'] as const,
    };
    await failsWith(crossed, /factors g, h: name the one whose number of groups varies/);
    const grouped = { formula: 'y ~ t + (1 | school)', data: pupils };
    await failsWith({ ...grouped, sizes: { rows: [20], groups: [60] } }, /20 rows cannot be in 60/);
  });
});
