/**
 * Five posteriors of posteriordb, the two that take long in `npm run test:deep` only, sampled with default settings, against the summary of the
 * reference draws that come with them. The folder of references lies beside the project and is
 * not part of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  essQuantile,
  mcseMean,
  mcseSd,
  rhat,
  sampleMoments,
} from '../../src/posterior/convergence.js';
import { joinChains, parameterDraws } from '../../src/posterior/draws.js';
import { mcseQuantile } from '../../src/posterior/mcse-quantile.js';
import { quantileOfSorted, sorted } from '../../src/posterior/quantiles.js';
import { sampleChain } from '../../src/sampler/chain.js';
import type { Model } from '../../src/sampler/model.js';
import { completeSettings, type SamplerSettings } from '../../src/sampler/settings.js';
import { isDeep } from '../support/deep.js';
import { earnings, eightSchools, kidiq, nes, sblrc } from './posteriordb-models.js';

const folder = new URL('../../../shared/reference/posteriordb/', import.meta.url);
const present = existsSync(folder);

interface Reference<Data> {
  readonly data: Data;
  /** Number of reference draws, independent of one another. */
  readonly draws: number;
  readonly reference: Readonly<
    Record<string, Record<'mean' | 'sd' | 'q5' | 'q95' | 'mcse_mean', number>>
  >;
}

interface Case {
  readonly name: string;
  readonly model: Model;
  readonly settings: Partial<SamplerSettings>;
  readonly expected: Reference<unknown>;
}

function caseOf<Data>(
  name: string,
  modelOf: (data: Data) => Model,
  settings: Partial<SamplerSettings> = {},
): () => Case {
  return () => {
    const path = new URL(`${name}.json`, folder);
    const expected: Reference<Data> = JSON.parse(readFileSync(path, 'utf8'));
    return { name, model: modelOf(expected.data), settings, expected };
  };
}

/** Raw predictors far from zero are strongly correlated with the intercept: a dense metric. */
const dense = { metric: 'dense' } as const;
const quick = [
  ['eight schools, not centred', caseOf('eight_schools-eight_schools_noncentered', eightSchools)],
  ["children's scores on their mothers' IQ", caseOf('kidiq-kidscore_momiq', kidiq, dense)],
  ['a linear regression with correlated predictors', caseOf('sblrc-blr', sblrc)],
] as const;
const long = [
  ['earnings on height and sex', caseOf('earnings-logearn_interaction', earnings, dense)],
  ['party identification in 1996', caseOf('nes1996-nes', nes, dense)],
] as const;

/** Ours, with Monte Carlo errors; and the errors that the reference's independent draws have. */
function summaryOf(values: Float64Array, chains: number, referenceDraws: number) {
  const ascending = sorted(values);
  const { variance, mean } = sampleMoments(values);
  const sd = Math.sqrt(variance);
  // An sd's relative variance for n independent draws is (kurtosis − 1) / 4n.
  const kurtosis = sampleMoments(values.map((x) => ((x - mean) / sd) ** 4)).mean;
  const quantile = (probability: number) => {
    const error = mcseQuantile(values, chains, probability);
    const ess = essQuantile(values, chains, probability);
    const referenceError = error * Math.sqrt(ess / referenceDraws);
    return {
      value: quantileOfSorted(ascending, probability),
      error: Math.hypot(error, referenceError),
    };
  };
  return {
    mean,
    mcseMean: mcseMean(values, chains),
    sd,
    sdError: Math.hypot(
      mcseSd(values, chains),
      sd * Math.sqrt((kurtosis - 1) / (4 * referenceDraws)),
    ),
    q5: quantile(0.05),
    q95: quantile(0.95),
    rhat: rhat(values, chains),
  };
}

// 34 parameters: 34 means and 68 quantiles at 4 combined standard errors, 6.3e-5 each, come to
// 0.65% false alarms for all; the sds have 5% of leeway besides.
const title = present
  ? 'posteriors of posteriordb: reference draws are met within 4 combined MCSE (false alarms of all 1 in 150)'
  : 'posteriors of posteriordb (skipped: ../shared/reference/posteriordb is not there)';

describe.skipIf(!present)(title, () => {
  it.each(isDeep ? [...quick, ...long] : quick)('%s', (_, load) => {
    const { name, model, settings, expected } = load();
    const complete = completeSettings(settings);
    const chains = Array.from({ length: complete.chains }, (_, chain) =>
      sampleChain(model, complete, name, chain),
    );
    const draws = joinChains(
      model.parameterNames,
      chains.map((chain) => chain.draws),
    );
    expect(Object.keys(expected.reference)).toEqual(model.parameterNames);
    for (const [parameter, reference] of Object.entries(expected.reference)) {
      const values = parameterDraws(draws, parameter);
      const ours = summaryOf(values, complete.chains, expected.draws);
      const meanError = Math.hypot(ours.mcseMean, reference.mcse_mean);
      expect(Math.abs(ours.mean - reference.mean), parameter).toBeLessThan(4 * meanError);
      const sdBound = 0.05 * reference.sd + 4 * ours.sdError;
      expect(Math.abs(ours.sd - reference.sd), parameter).toBeLessThan(sdBound);
      for (const key of ['q5', 'q95'] as const) {
        const { value, error } = ours[key];
        expect(Math.abs(value - reference[key]), `${parameter} ${key}`).toBeLessThan(4 * error);
      }
      expect(ours.rhat, parameter).toBeLessThan(1.01);
    }
  });
});
