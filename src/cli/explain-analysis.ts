/** The comparison of explainers by the commands of `weighbridge explain`: on worker threads, with progress. */
import { compareItems, type TaskComparison } from '../analysis/explanations/compare-items.js';
import type { ItemRow } from '../analysis/explanations/read-items.js';
import { fitRunner } from './fit-runner.js';
import { type FlagValues, quietFlag, samplerFlags, valuesOf, workerFlags } from './flags.js';
import { progressBar } from './output.js';
import { onFirstStopSignal } from './signals.js';

const comparisonFlags = { ...samplerFlags, ...workerFlags, quiet: quietFlag };

interface ComparisonFlags extends FlagValues<typeof comparisonFlags> {
  /** Explainers that self is compared with. @default all others */
  readonly other?: readonly string[] | undefined;
}

export async function comparedExplainers(
  rows: readonly ItemRow[],
  flags: ComparisonFlags,
): Promise<TaskComparison[]> {
  const pool = await fitRunner(flags, flags.chains);
  const bar = progressBar('fitting', flags.quiet);
  const stop = new AbortController();
  // The error's cause is the signal: it decides the exit code.
  const release = onFirstStopSignal((signal) => stop.abort(signal));
  try {
    return await compareItems(rows, {
      ...valuesOf(samplerFlags, flags),
      others: flags.other,
      runner: pool.runner,
      signal: stop.signal,
      onProgress: bar.update,
    });
  } finally {
    release();
    bar.stop();
    await pool.close();
  }
}
