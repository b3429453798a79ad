/**
 * A runner that fits nothing twice: two analyses of one study share most of their fits.
 */
import type { FitJob, FitResult, FitRunner } from '../regression/job.js';
import type { SamplerSettings } from '../sampler/settings.js';

/** Jobs are the same where all they consist of is; results are kept as long as the runner is. */
export function rememberingRunner(run: FitRunner): FitRunner {
  const known = new Map<string, FitResult>();
  return async (jobs, settings, onFit) => {
    const keys = jobs.map((job) => keyOf(job, settings));
    const fresh = jobs.filter((_, i) => !known.has(keys[i] ?? ''));
    for (let i = fresh.length; i < jobs.length; i++) onFit?.();
    const results = await run(fresh, settings, onFit);
    fresh.forEach((job, i) => {
      const result = results[i];
      if (result) known.set(keyOf(job, settings), result);
    });
    return keys.flatMap((key) => known.get(key) ?? []);
  };
}

/** Numbers print so that they read back as themselves; typed arrays need a word of how. */
function keyOf(job: FitJob, settings: SamplerSettings): string {
  return JSON.stringify([job, settings], (_, value: unknown) =>
    ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value,
  );
}
