/**
 * The fits of a command as saved fits, one folder for each in one folder for all: its name is that of the fit, as
 * encodeURIComponent writes it. Folders of several machines unite to that of one.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { badArgument } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import { encodeFit, fitFiles } from '../exchange/saved-fit.js';
import { type FitJob, type FitResult, type FitRunner, requireJobs } from '../fit/job.js';
import { packageVersion as version } from '../package-info.js';
import { bounded, preparedFrom } from '../regression/from-specification.js';
import type { Prepared } from '../regression/prepare.js';
import { fittedRegression } from '../regression/regression.js';
import { saveEncodedFit } from './fit-folders.js';
import { makeFolder } from './write-files.js';

/** Longer names are too long for some file systems. */
const LONGEST_NAME = 180;

/** The folder of a fit. A long name is cut, and ends in a part of its SHA-256. */
export function keptFitFolder(folder: string, name: string): string {
  const encoded = encodeURIComponent(name).replaceAll('*', '%2A').replace(/^\.+$/, encodeDots);
  if (encoded.length <= LONGEST_NAME) return join(folder, encoded);
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return join(folder, `${encoded.slice(0, LONGEST_NAME)}-${hash}`);
}

function encodeDots(dots: string): string {
  return '%2E'.repeat(dots.length);
}

/**
 * A runner that saves each fit as it is made. The fit has a formula that names the columns of its data;
 * `loadFit` restores it with its draws.
 *
 * The runner throws `bad-argument` for a model that is no regression, before anything is fitted, and for a folder that
 * cannot be written.
 */
export function keepingRunner(runner: FitRunner, folder: string): FitRunner {
  return async (jobs, given, options = {}) => {
    const settings = requireJobs(jobs, given);
    const known = new Map(jobs.map((job) => [job.name, { job, prepared: regressionOf(job) }]));
    await makeFolder(folder);
    const writes = new Writes();
    const kept = jobs.map(
      (job): FitJob => ({
        ...job,
        keepDraws: job.keepDraws === true || 'for-onFit',
        keepChains: true,
      }),
    );
    const results = await runner(kept, settings, {
      ...options,
      onFit(result) {
        const one = known.get(result.name);
        if (!one) throw new RangeError(`no fit named ${result.name} was asked for`);
        // At once: the draws may be gone later.
        const files = encodeFit(fittedRegression(one.prepared, settings, result), { version });
        writes.add(() => saveEncodedFit(files, keptFitFolder(folder, result.name)));
        options.onFit?.(asAsked(one.job, result));
      },
    });
    await writes.end();
    return results.map((result, i) => asAsked(jobs[i] ?? {}, result));
  };
}

/** Without what only the saved fit needs. */
function asAsked(
  { keepDraws, keepChains }: Pick<FitJob, 'keepDraws' | 'keepChains'>,
  { draws, chains, ...result }: FitResult,
): FitResult {
  return {
    ...result,
    ...(keepDraws && draws && { draws }),
    ...(keepChains && chains && { chains }),
  };
}

/** @throws WeighbridgeError `bad-argument` */
function regressionOf({ name, specification }: FitJob): Prepared {
  if (specification.model !== undefined && specification.model !== 'regression') {
    throw badArgument(`${name} is no regression by formula: its draws cannot be saved as a fit`);
  }
  const prepared = preparedFrom(specification);
  if (isDeepStrictEqual(prepared.specification, bounded(specification))) return prepared;
  throw badArgument(`${name} has data that no formula can say: its draws cannot be saved as a fit`);
}

/** Writes one after another, beside the fits. */
class Writes {
  #last: Promise<void> = Promise.resolve();
  #failed: { readonly error: unknown } | null = null;

  /** @throws the error of an earlier write */
  add(write: () => Promise<void>): void {
    if (this.#failed) throw this.#failed.error;
    this.#last = this.#last.then(async () => {
      if (this.#failed) return;
      try {
        await write();
      } catch (error) {
        this.#failed = { error };
      }
    });
  }

  async end(): Promise<void> {
    await this.#last;
    if (this.#failed) throw this.#failed.error;
  }
}

/** @throws WeighbridgeError `missing-file` if the folder lacks one of the fits */
export function requireKept(folder: string, names: readonly string[]): void {
  const missing = names.filter(
    (name) =>
      !Object.values(fitFiles).every((file) => existsSync(join(keptFitFolder(folder, name), file))),
  );
  const [first] = missing;
  if (first === undefined) return;
  const path = keptFitFolder(folder, first);
  throw new WeighbridgeError(
    'missing-file',
    `${path} is missing${missing.length > 1 ? `, and ${missing.length - 1} more` : ''}: expected the fits that --keep-draws of all shards wrote`,
    { details: { file: path } },
  );
}
