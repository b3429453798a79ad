/** Why transitions diverged: at a boundary, in a funnel, or by steps that are too large; and a second try. */
import { describe, expect, it } from 'vitest';
import { divergenceSites } from '../../../src/fit/divergence-sites.js';
import { randomStream } from '../../../src/random/stream.js';
import { gaussian } from '../../../src/regression/options.js';
import { regression } from '../../../src/regression/regression.js';
import { causeOfDivergences } from '../../../src/regression/validation/divergences.js';
import { smallFit } from '../../support/small-fit.js';

const few = { chains: 2, warmup: 200, draws: 200 };

/** Counts near 0, whose means an identity link lets become negative. */
const counts = {
  formula: 'y ~ x',
  family: { family: 'poisson', link: 'identity' },
  data: { x: [0, 0.1, 0.2, 0.4, 0.5, 0.9, 1.2, 1.5, 2, 3], y: [0, 0, 1, 0, 1, 1, 0, 2, 3, 4] },
  ...few,
} as const;

/** A ridge that is bent: slope and intercept of an inverse link. */
const bent = {
  formula: 'y ~ x',
  family: { family: 'gaussian', link: 'inverse' },
  data: counts.data,
  ...few,
  seed: 6,
} as const;

describe('at a boundary', () => {
  it('the rows are named whose outcomes the model excludes, with another link; it is not tried again', async () => {
    const fit = await regression(counts);
    expect(fit.diagnostics.divergences).toBeGreaterThan(50);
    const warning = fit.warnings.find((line) => line.startsWith('divergent transitions'));
    expect(warning).toMatch(/excludes the outcome of rows? 1\b.*log in place of identity/);
    expect(fit.settings.targetAcceptance).toBe(0.8);
    expect(fit.notes.join()).not.toContain('made again');
    const { parts } = await fit.check();
    expect(parts[0]?.findings).toEqual(fit.warnings);
  });

  it('the sites are where the trajectories broke: negative means, one site a divergence', async () => {
    const fit = await regression(counts);
    const sites = divergenceSites(
      fit.specification,
      fit.settings,
      'regression',
      fit.chains,
      randomStream(1),
    );
    expect(sites).toHaveLength(Math.min(400, fit.diagnostics.divergences));
    const negative = sites.filter(([intercept = 0, slope = 0]) =>
      counts.data.x.some((x) => intercept + slope * x < 0),
    );
    expect(negative.length).toBeGreaterThan(0.9 * sites.length);
  });
});

describe('a second try', () => {
  it('has a higher target acceptance, unless the user chose one', async () => {
    const fit = await regression(bent);
    expect(fit.notes.join()).toMatch(
      /^\d+ of 400 transitions diverged at a target acceptance of 0.8; the fit was made again at 0.99/,
    );
    const chosen = await regression({ ...bent, targetAcceptance: 0.8 });
    expect(chosen.notes).toEqual([]);
    expect(chosen.diagnostics.divergences).toBeGreaterThan(fit.diagnostics.divergences);
    expect(fit.settings.targetAcceptance).toBe(0.99);
    // What the second try returns is the fit of that setting.
    const careful = await regression({ ...bent, targetAcceptance: 0.99 });
    expect(careful.draws).toEqual(fit.draws);
  });
});

describe('elsewhere', () => {
  const random = randomStream(2, 'divergences');
  const logSds = Array.from({ length: 1000 }, () => random.normal());
  const fit = smallFit({
    formula: 'y ~ 1 + (1 | g)',
    family: gaussian(),
    data: { y: [1, 2, 4, 3, 5, 4], g: [...'aabbcc'] },
    draws: logSds.map((logSd) => {
      const effects = Array.from({ length: 3 }, () => Math.exp(logSd) * random.normal());
      return [3 + random.normal(), Math.exp(logSd), 1 + random.uniform(), ...effects];
    }),
  });
  const divergedWhere = (isSo: (draw: number) => boolean) => ({
    ...fit,
    chains: fit.chains.map((chain) => ({
      ...chain,
      transitions: {
        ...chain.transitions,
        divergent: chain.transitions.divergent.map((_, draw) => Number(isSo(draw))),
      },
    })),
  });

  it('small standard deviations of groups are a funnel', () => {
    const found = causeOfDivergences(
      divergedWhere((draw) => (logSds[draw] ?? 0) < -1.2),
      [],
    );
    expect(found.cause).toBe('funnel');
    expect(found.parameters[0]).toEqual({ name: 'sd_g__Intercept', at: 'low' });
    expect(found.text).toMatch(/^at low sd_g__Intercept/);
  });

  it('transitions all over the posterior had too large steps', () => {
    const found = causeOfDivergences(
      divergedWhere((draw) => draw % 20 === 0),
      [],
    );
    expect(found).toMatchObject({ cause: 'step size', parameters: [], rows: [] });
    expect(found.text).toMatch(/^all over the posterior/);
  });

  it('a site far from all draws, where a trajectory went after it broke, is no boundary', () => {
    const sites = [Float64Array.of(1e9, 1e9, -1e9, 0, 0, 0)];
    const found = causeOfDivergences(
      divergedWhere((draw) => draw % 20 === 0),
      sites,
    );
    expect(found.cause).toBe('step size');
  });
});
