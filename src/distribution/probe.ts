/**
 * Fits that show whether another machine computes the same last digits: processors and versions of Node
 * may differ in functions such as `Math.log`.
 */
import type { ModelSpecification } from '../../models/model-specification.js';
import { type FitJob, runJob } from '../fit/job.js';
import { completeSettings, type SamplerSettings } from '../sampler/settings.js';
import { bytesOf } from './plain-bytes.js';
import { hashOf } from './queue-data.js';

const ROWS = 40;

/** Numbers that need no function of the machine. */
const x = Float64Array.from({ length: ROWS }, (_, i) => ((i * 29) % ROWS) / 16 - 1.25);

function specification(family: 'bernoulli' | 'student'): ModelSpecification {
  const bernoulli = family === 'bernoulli';
  const outcomes = Float64Array.from(x, (value, i) =>
    bernoulli ? Number(value + ((i * 7) % 5) / 4 > 0.5) : 2 * value + ((i * 11) % 7) / 8,
  );
  const wide = { distribution: 'student_t', df: 3, location: 0, scale: 2.5 } as const;
  return {
    family: { family, link: bernoulli ? 'logit' : 'identity' },
    data: {
      rows: ROWS,
      outcomes,
      trials: null,
      offset: null,
      intercept: true,
      predictors: { names: ['x'], rows: ROWS, values: x },
      groups: [],
    },
    priors: {
      intercept: wide,
      coefficients: [{ distribution: 'normal', mean: 0, sd: 2 }],
      sds: [],
      correlations: [],
      auxiliary: bernoulli
        ? []
        : [
            { ...wide, lower: 0 },
            { distribution: 'gamma', shape: 2, rate: 0.1, lower: 1 },
          ],
    },
  };
}

const settings = completeSettings({ chains: 2, warmup: 200, draws: 100, seed: 'probe' });

const probes: readonly (readonly ['bernoulli' | 'student', SamplerSettings['algorithm']])[] = [
  ['bernoulli', 'nuts'],
  ['bernoulli', 'auto'],
  ['student', 'nuts'],
];

let known: string | null = null;

/** SHA-256 of the draws and summaries of some fits on this machine; takes a tenth of a second, once. */
export function machineProbe(): string {
  known ??= hashOf(
    bytesOf(
      probes.map(([family, algorithm]) => {
        const job: FitJob = {
          name: `${family} ${algorithm}`,
          specification: specification(family),
          keepDraws: true,
        };
        return runJob(job, { ...settings, algorithm });
      }),
    ),
  );
  return known;
}

/** The versions of Node and of its parts that compute, and the processor. */
export function machineName(): { readonly node: string; readonly machine: string } {
  return { node: process.version, machine: `${process.platform} ${process.arch}` };
}
