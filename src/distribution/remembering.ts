/**
 * A runner that makes no fit twice: two analyses of one study share most of their fits.
 */
import { type FitJob, type FitResult, type FitRunner, requireJobs } from '../fit/job.js';
import { jobId } from './job-id.js';

/** Results are kept as long as the runner; jobs are the same if all their values are. */
export function rememberingRunner(runner: FitRunner): FitRunner {
  const known = new Map<string, FitResult>();
  return async (jobs, given, options = {}) => {
    const settings = requireJobs(jobs, given);
    // Draws for `onFit` change nothing in what is kept.
    const keys = jobs.map((job) => jobId({ ...job, keepDraws: job.keepDraws === true }, settings));
    const fresh: { readonly job: FitJob; readonly key: string }[] = [];
    jobs.forEach((job, i) => {
      const key = keys[i] ?? '';
      const result = known.get(key);
      // Draws that were for `onFit` are not kept: the fit is made again.
      if (result && job.keepDraws !== 'for-onFit') options.onFit?.(result);
      else fresh.push({ job, key });
    });
    const results = await runner(
      fresh.map(({ job }) => job),
      settings,
      options,
    );
    fresh.forEach(({ key }, i) => {
      const result = results[i];
      if (result) known.set(key, result);
    });
    return keys.flatMap((key) => known.get(key) ?? []);
  };
}
