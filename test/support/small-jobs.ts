/** Many cheap fits, each of about a millisecond. */
import type { FitJob } from '../../src/fit/job.js';
import { randomStream } from '../../src/random/stream.js';
import { linearSpecification } from '../../src/regression/columns.js';
import { completeSettings } from '../../src/sampler/settings.js';

export const smallSettings = completeSettings({
  ...{ chains: 1, warmup: 20, draws: 20, seed: 7 },
  // The choice of an algorithm would take longer than the fit.
  algorithm: 'nuts',
});

export function smallJob(index: number, rows = 12): FitJob {
  const random = randomStream(1, `small job ${index}`);
  const values = Float64Array.from({ length: rows }, () => random.normal());
  const outcomes = Array.from(values, (x) => 1 + 2 * x + random.normal());
  const predictors = { names: ['x'], rows, values };
  return { name: `fit ${index}`, specification: linearSpecification(predictors, outcomes) };
}

export function* smallJobs(count: number): Generator<FitJob> {
  for (let i = 0; i < count; i++) yield smallJob(i);
}

/** A fit whose data no regression takes. */
export function poisonJob(name: string): FitJob {
  const made = smallJob(0);
  if (!('data' in made.specification)) throw new Error('no regression');
  const data = { ...made.specification.data, outcomes: new Float64Array(12).fill(Number.NaN) };
  return { name, specification: { ...made.specification, data } };
}
