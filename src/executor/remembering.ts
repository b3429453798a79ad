/**
 * A runner that fits nothing twice: two analyses of one study share most of their fits.
 */
import { createHash } from 'node:crypto';
import { type FitJob, type FitResult, type FitRunner, requireJobs } from '../regression/job.js';
import type { SamplerSettings } from '../sampler/settings.js';

/** Jobs are the same where all they consist of is; results are kept as long as the runner is. */
export function rememberingRunner(run: FitRunner): FitRunner {
  const known = new Map<string, FitResult>();
  return async (jobs, given, onFit) => {
    const settings = requireJobs(jobs, given);
    const keys = jobs.map((job) => keyOf(job, settings));
    const fresh: { readonly job: FitJob; readonly key: string }[] = [];
    jobs.forEach((job, i) => {
      const key = keys[i] ?? '';
      const result = known.get(key);
      // Draws that were shown are gone, and to show them they are made again.
      if (result && job.keepDraws !== 'to-show') onFit?.(result);
      else fresh.push({ job, key });
    });
    const results = await run(
      fresh.map(({ job }) => job),
      settings,
      onFit,
    );
    fresh.forEach(({ key }, i) => {
      const result = results[i];
      if (result) known.set(key, result);
    });
    return keys.flatMap((key) => known.get(key) ?? []);
  };
}

/**
 * Numbers print so that they read back as themselves; typed arrays need a word of how. Whether
 * draws are shown changes nothing in what is kept. The text itself would be as large as the data.
 */
function keyOf({ keepDraws, ...job }: FitJob, settings: SamplerSettings): string {
  const text = JSON.stringify([job, keepDraws === true, settings], (_, value: unknown) =>
    ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value,
  );
  return createHash('sha256').update(text).digest('base64');
}
