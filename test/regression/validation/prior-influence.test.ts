/** How far priors move a posterior, by class and by tag. */
import { describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../../src/exchange/saved-fit.js';
import { randomStream } from '../../../src/random/stream.js';
import { gaussian } from '../../../src/regression/options.js';
import { flat, halfNormal, lkj, normal } from '../../../src/regression/priors/constructors.js';
import { formatPrior, parsePrior } from '../../../src/regression/priors/prior-text.js';
import { fitFromData, regression } from '../../../src/regression/regression.js';
import { priorInfluences } from '../../../src/regression/validation/prior-influence.js';
import { logPriorsBy } from '../../../src/regression/validation/prior-sensitivity.js';
import { smallFit } from '../../support/small-fit.js';

const data = {
  y: [1.3, 1.6, 3.4, 2, 5.5, 3.2, 3, 6.1],
  x: [0, 1, 2, 1, 4, 3, 2, 5],
  z: [1, 0, 0, 1, 1, 0, 1, 0],
  g: [...'aabbccdd'],
};
const random = randomStream(5, 'influence');

describe('the influence of a prior', () => {
  it('on a normal posterior is its distance from the mean times sd over the squared scale', () => {
    // Cov(θ, −(θ − μ)² / 2τ²) = −(m − μ) s² / τ² for θ ~ normal(m, s).
    const [mean, sd, location, scale, draws] = [1.2, 0.1, 0.4, 0.5, 40_000];
    const fit = smallFit({
      formula: 'y ~ 0 + x',
      family: gaussian(),
      data,
      prior: [normal(location, scale).on('b'), flat().on('sigma')],
      draws: Array.from({ length: draws }, () => [mean + sd * random.normal(), 1]),
    });
    const [b, sigma] = priorInfluences(fit);
    const expected = (-(mean - location) * sd) / scale ** 2;
    // The covariance of θ with its own log density, (m − μ) s² / τ², has a relative error of √(2 / S).
    const error =
      Math.abs(expected) * Math.sqrt(2 / draws) + sd ** 2 / scale ** 2 / Math.sqrt(draws);
    expect(b).toMatchObject({ class: 'b', parameter: 'b_x', priors: ['normal(0.4, 0.5)'] });
    expect(Math.abs((b?.shift ?? 0) - expected)).toBeLessThan(5 * error);
    expect(sigma).toEqual({ class: 'sigma', priors: ['(flat)'], parameter: null, shift: null });
  });

  it('is a line of every summary', async () => {
    const fit = await regression({ formula: 'y ~ x', data, draws: 300 });
    expect(String(fit.summary())).toMatch(
      /^Prior of b: flat; of Intercept: student_t\(.*\), moves/m,
    );
    expect(fit.summary().priors.map((row) => row.class)).toEqual(['b', 'Intercept', 'sigma']);
  });
});

describe('priors by class and tag', () => {
  const prior = [
    normal(0, 1).on('b', { tag: 'slopes' }),
    normal(0, 3).on('b', { coef: 'z', tag: 'of z' }),
    halfNormal(1).on('sd', { tag: 'slopes' }),
    lkj(2).on('cor', { tag: 'slopes' }),
  ];
  const asked = { formula: 'y ~ x + z + (x | g)', data, prior, draws: 200, warmup: 200, chains: 2 };

  it('make up the whole log prior', async () => {
    const fit = await regression(asked);
    const all = logPriorsBy(fit, 'all').get('all') ?? expect.fail();
    for (const by of ['class', 'tag'] as const) {
      const parts = [...logPriorsBy(fit, by).values()];
      all.forEach((value, s) => {
        expect(parts.reduce((sum, part) => sum + (part[s] ?? 0), 0)).toBeCloseTo(value, 9);
      });
    }
    expect([...logPriorsBy(fit, 'class').keys()].sort()).toEqual(
      ['Intercept', 'b', 'cor', 'sd', 'sigma'].sort(),
    );
    expect([...logPriorsBy(fit, 'tag').keys()].sort()).toEqual(['of z', 'slopes', 'untagged']);
  });

  it('are scaled apart, and kept with a saved fit', async () => {
    const fit = await regression(asked);
    const { rows } = fit.priorSensitivity({ by: 'tag', parameters: ['x', 'z'] });
    expect(rows.map(({ name, priors }) => `${name} ${priors}`).sort()).toEqual(
      ['slopes', 'of z', 'untagged'].flatMap((tag) => [`b_x ${tag}`, `b_z ${tag}`]).sort(),
    );
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(loaded.priorSensitivity({ by: 'tag', parameters: ['x', 'z'] }).rows).toEqual(rows);
    expect(() => fit.priorSensitivity({ by: 'group' as 'tag' })).toThrow(/by is/);
  });

  it('have tags in text', () => {
    const text = 'normal(0, 1) class=b coef=x tag="my slopes"';
    expect(parsePrior(text)).toMatchObject({ class: 'b', coef: 'x', tag: 'my slopes' });
    expect(formatPrior(parsePrior(text))).toBe(text);
    expect(() => normal(0, 1).on('b', { tag: 1 as unknown as string })).toThrow('tag of a prior');
  });
});
