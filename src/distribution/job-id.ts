/**
 * The identity of a fit by its content: the same fit has the same id on every machine, so that it is
 * made once and its result is found again.
 */
import { createHash } from 'node:crypto';
import { float64Bytes } from '../exchange/bytes.js';
import type { FitJob } from '../fit/job.js';
import { packageVersion } from '../package-info.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { splitNumbers } from './plain-bytes.js';

/**
 * SHA-256, in 64 hexadecimal digits, of all that decides the result: name, specification, settings,
 * which parts of the result are kept, and the version of weighbridge. Whether error messages have the
 * name, and whether draws are kept beyond `onFit`, does not change it.
 *
 * @param version @default that of this weighbridge
 * @throws WeighbridgeError `bad-argument` for a job that is not plain data
 */
export function jobId(
  { name, specification, ...job }: FitJob,
  settings: SamplerSettings,
  version = packageVersion,
): string {
  const { keepDraws, keepChains, keepGradients, controlMeans = false } = job;
  const kept = {
    draws: Boolean(keepDraws),
    chains: Boolean(keepChains),
    gradients: Boolean(keepGradients),
    controlMeans,
  };
  const content = { version, name, specification, settings, kept };
  const { json, numbers } = splitNumbers(content, { keysOf: sortedKeys });
  const hash = createHash('sha256').update(JSON.stringify(json));
  // Their lengths are in the text.
  for (const values of numbers) hash.update(float64Bytes(values));
  return hash.digest('hex');
}

/** A key whose value is undefined counts as absent. */
function sortedKeys(record: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort();
}
