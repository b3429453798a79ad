/**
 * Censored and truncated outcomes: against brms (reference/limits.R), whose draws have the log likelihoods and means
 * that ours have; through formulas, the methods of a fit, a worker's message and a saved fit; and bad input.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FamilyName, LinkName } from '../../models/families/family.js';
import { rowLogLikelihood } from '../../models/reported-parameters.js';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { posteriorEpred } from '../../src/regression/after/predictions.js';
import { regression } from '../../src/regression/regression.js';
import { everyNth } from '../support/deep.js';

interface Reference {
  readonly name: string;
  readonly formulas: string | readonly string[];
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly names: readonly string[];
  readonly mean: readonly number[];
  readonly sd: readonly number[];
  readonly mcse: readonly number[];
  readonly mcseSd: readonly number[];
  /** Five draws, in the order of the names. */
  readonly draws: readonly (readonly number[])[];
  /** By draw and row. */
  readonly logLikelihood: readonly (readonly number[])[];
  /** Absent for counts. */
  readonly expected?: readonly (readonly number[])[];
}

const reference: {
  readonly columns: Readonly<Record<string, readonly (number | string)[]>>;
  readonly cases: readonly Reference[];
} = JSON.parse(readFileSync(new URL('../reference/limits.json', import.meta.url), 'utf8'));

const { columns } = reference;

const formulaOf = ({ formulas }: Reference) =>
  typeof formulas === 'string' ? formulas : `bf(${formulas.join(', ')})`;

describe.each(everyNth(2, reference.cases).map((one) => [one.name, one] as const))(
  '%s',
  (_, one) => {
    it('has the posterior of brms, and at its draws the same likelihoods and means', async () => {
      const fit = await regression({
        formula: formulaOf(one),
        family: { family: one.family, link: one.link },
        data: columns,
        prior: 'normal(0, 1) class=b',
        draws: 2500,
        seed: 2025,
      });
      const { draws, parameters, warnings } = fit;
      expect(warnings).toEqual([]);
      expect(new Set(draws.parameterNames)).toEqual(new Set(one.names));
      one.names.forEach((name, i) => {
        const ours = parameters.find((row) => row.name === name);
        if (!ours) throw new Error(`no ${name}`);
        const [mean = 0, sd = 0, mcse = 0, sdError = 0] = [
          one.mean[i],
          one.sd[i],
          one.mcse[i],
          one.mcseSd[i],
        ];
        const means = `mean of ${name}, ${ours.mean} and brms' ${mean}`;
        // Four combined Monte Carlo errors: of some 35 parameters, a false alarm in one seed of 400.
        expect(Math.abs(ours.mean - mean), means).toBeLessThan(4 * Math.hypot(ours.mcseMean, mcse));
        const ourError = mcseSd(parameterDraws(draws, name), draws.chains);
        const sds = `sd of ${name}, ${ours.sd} and brms' ${sd}`;
        expect(Math.abs(ours.sd - sd), sds).toBeLessThan(4 * Math.hypot(ourError, sdError));
      });

      // brms' draws, in our order.
      const values = Float64Array.from(
        one.draws.flatMap((draw) =>
          draws.parameterNames.map((name) => draw[one.names.indexOf(name)] ?? Number.NaN),
        ),
      );
      const theirs = {
        ...fit,
        draws: { ...draws, chains: 1, drawsPerChain: one.draws.length, values },
      };
      const width = draws.parameterNames.length;
      const write = rowLogLikelihood(fit.specification);
      const rows = new Float64Array(fit.specification.data.rows);
      one.logLikelihood.forEach((ofDraw, s) => {
        write(values.subarray(s * width, (s + 1) * width), rows);
        ofDraw.forEach((value, row) => {
          expect(rows[row], `row ${row}`).toBeCloseTo(value, 6);
        });
      });
      const ours = posteriorEpred(theirs).values;
      one.expected?.forEach((ofDraw, s) => {
        ofDraw.forEach((value, row) => {
          const own = ours[s * rows.length + row] ?? Number.NaN;
          expect(Math.abs(own - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)));
        });
      });
    });
  },
);
