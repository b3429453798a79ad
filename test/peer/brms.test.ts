/**
 * Ours beside brms on classic data sets: same data, same formula, same priors; 4 chains of 2,500 draws
 * of ours, with default settings otherwise, against 10,000 to 80,000 draws of brms (brms.R,
 * references.json).
 *
 * Tolerances. Means: 4 combined Monte Carlo errors, ours and brms', both from the draws. Standard
 * deviations: 5%, or 4 of their combined Monte Carlo errors where these are wider: an sd from 10,000
 * effective draws of a normal is off by 0.7% (1 / √(2 · 10,000)), of heavy tails or few effective draws
 * by more. False alarms: a normal deviate is beyond 4 once in 16,000, so 750 means and as many sds
 * come to fewer than 0.1 of them in all; seeds are fixed, so that a test that passes goes on passing.
 */
import { describe, expect, it } from 'vitest';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import {
  isMatrixPrior,
  type PriorInUse,
  type PriorTarget,
} from '../../src/regression/priors/prior-rows.js';
import { parsePrior } from '../../src/regression/priors/prior-text.js';
import { regression } from '../../src/regression/regression.js';
import { everyNth } from '../support/deep.js';
import { type Case, type CasePrior, cases, dataSets, type Reference, references } from './cases.js';

function priorOf({ text, class: name, ...rest }: CasePrior) {
  const options = Object.entries(rest).map(([key, value]) => `${key}=${value}`);
  return parsePrior([text, `class=${name}`, ...options].join(' '));
}

function fitOf({ formula, family, link, threshold, data, prior }: Case) {
  return regression({
    formula,
    family: { family, link, ...(threshold && { threshold }) },
    data: dataSets[data].columns,
    prior: prior.map(priorOf),
    draws: 2500,
    seed: 2025,
  });
}

/** brms' prior of correlations is one of their Cholesky factor. */
const inBrms = new Map([
  ['cor', 'L'],
  ['corme', 'Lme'],
]);
const inOurs = new Map([...inBrms].map(([ours, brms]) => [brms, ours]));

/** What brms has for these parameters: its most specific row, the bounds those of the class. */
function priorInBrms({ priors }: Reference, { class: name, coef = '', group = '' }: PriorTarget) {
  const ofClass = priors.filter((row) => row.class === (inBrms.get(name) ?? name));
  const [row] = [
    [coef, group],
    ['', group],
    ['', ''],
  ].flatMap(([c, g]) => ofClass.filter((one) => one.coef === c && one.group === g));
  const [bounds] = ofClass.filter((one) => one.coef === '' && one.group === '');
  const bound = (text: string | undefined) => (text ? Number(text) : undefined);
  return {
    text: row?.prior.replace('lkj_corr_cholesky', 'lkj') ?? '(flat)',
    // Flat ones, as those of sdme and lscale by default, are not among the references.
    lower: bound(bounds?.lb) ?? (name === 'sdme' || name === 'lscale' ? 0 : undefined),
    upper: bound(bounds?.ub),
  };
}

const placeInOurs = ({ class: name, coef = '', group = '' }: PriorTarget) =>
  `${name} ${coef} ${group}`;
const placeInBrms = (row: Reference['priors'][number]) =>
  `${inOurs.get(row.class) ?? row.class} ${row.coef} ${row.group}`;

const priorInOurs = ({ prior, text }: PriorInUse) =>
  isMatrixPrior(prior)
    ? { text, lower: undefined, upper: undefined }
    : { text, lower: prior.lower, upper: prior.upper };

describe('cases', () => {
  it('are at least 28, each with a reference that converged', () => {
    expect(cases.length).toBeGreaterThanOrEqual(28);
    for (const { name } of cases) {
      const reference = references.get(name);
      if (!reference) throw new Error(`no reference for ${name}: run brms.R`);
      expect(reference.divergences, name).toBe(0);
      const { rhat, ess_bulk: bulk, ess_tail: tail } = reference.parameters;
      expect(Math.max(...rhat), name).toBeLessThan(1.005);
      expect(Math.min(...bulk, ...tail), name).toBeGreaterThan(1000);
    }
  });
});

describe('a regression agrees with brms', () => {
  it.each(everyNth(4, cases).map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const reference = references.get(one.name);
    if (!reference) throw new Error(`no reference for ${one.name}: run brms.R`);
    const { draws, parameters, frame, priors } = await fitOf(one);
    // brms keeps latent values of the rows only if asked.
    const names = draws.parameterNames.filter((name) => !name.startsWith('Xme_'));
    expect(new Set(names)).toEqual(new Set(reference.names));
    expect(frame.encoded.rows).toBe(reference.rows);
    for (const row of priors) {
      expect(priorInOurs(row), placeInOurs(row)).toEqual(priorInBrms(reference, row));
    }
    expect(priors.map(placeInOurs)).toEqual(
      expect.arrayContaining(reference.priors.map(placeInBrms)),
    );
    const { name: theirs, mean, sd, mcse_mean: mcse, mcse_sd: sdMcse } = reference.parameters;
    theirs.forEach((name, i) => {
      // The columns of a spline have no order and no signs.
      if (/^s_.*\[\d+\]$/.test(name)) return;
      const ours = parameters.find((row) => row.name === name);
      if (!ours) throw new Error(`no ${name}`);
      const means = `mean of ${name}, ${ours.mean} and brms' ${mean[i]}`;
      const meanBound = 4 * Math.hypot(ours.mcseMean, mcse[i]);
      expect(Math.abs(ours.mean - mean[i]), means).toBeLessThan(meanBound);
      const ourSdMcse = mcseSd(parameterDraws(draws, name), draws.chains);
      const sds = `sd of ${name}, ${ours.sd} and brms' ${sd[i]}`;
      const sdBound = Math.max(0.05 * sd[i], 4 * Math.hypot(ourSdMcse, sdMcse[i]));
      expect(Math.abs(ours.sd - sd[i]), sds).toBeLessThan(sdBound);
    });
  });
});
