/** Where the fits of a command run: on threads, or with `--on` on the workers of a queue. */
import { createHash } from 'node:crypto';
import { keepingRunner } from '../data-files/kept-fits.js';
import { addedShares, bullmqRunner, type QueueStatus } from '../distribution/queue-runner.js';
import { openQueueRuns } from '../distribution/queue-runs.js';
import { WeighbridgeError } from '../errors.js';
import type { FitRunner } from '../fit/job.js';
import { type WorkerPool, workerPool } from '../workers/pool.js';
import type { FlagValues, workerFlags } from './flags.js';
import { warn } from './output.js';
import { commandWords, shardInName } from './shards.js';
import { onFirstStopSignal } from './signals.js';

type RunnerFlags = FlagValues<typeof workerFlags> & { readonly quiet?: boolean };

/** The runner, which with `--keep-draws` saves the fits. */
export function keptFits(
  runner: FitRunner,
  { keepDraws }: { readonly keepDraws: string | undefined },
): FitRunner {
  if (keepDraws === undefined) return runner;
  if (keepDraws === '') {
    throw new WeighbridgeError('bad-argument', '--keep-draws is empty: expected a folder', {
      details: { option: '--keep-draws' },
    });
  }
  return keepingRunner(runner, keepDraws);
}

/**
 * @param most threads that are of use
 * @throws WeighbridgeError `bad-argument`, and those of `bullmqRunner`
 */
export async function fitRunner(flags: RunnerFlags, most = Number.POSITIVE_INFINITY) {
  if (flags.on !== undefined) return queueRunner({ ...flags, on: flags.on });
  for (const [name, value] of [
    ['--queue-prefix', flags.queuePrefix],
    ['--resume', flags.resume],
    ['--data-folder', flags.dataFolder],
  ]) {
    if (value === undefined) continue;
    throw new WeighbridgeError('bad-argument', `${name}: expected together with --on`);
  }
  return workerPool(Math.min(flags.workers, most));
}

/** Seconds between lines of progress. */
const BETWEEN_LINES = 10;

async function queueRunner(flags: RunnerFlags & { readonly on: string }): Promise<WorkerPool> {
  const { on: connection, queuePrefix: prefix, dataFolder, quiet = false } = flags;
  const words = process.argv.slice(2);
  const run = runName(words);
  if (flags.resume !== undefined) await requireRun(flags.resume, run, { connection, prefix });
  const report = new QueueReport(quiet);
  const queue = bullmqRunner({
    connection,
    prefix,
    dataFolder,
    run,
    title: words.join(' ').slice(0, 500),
    onStatus: report.update,
    onNotice: (line) => warn(line),
  });
  const stop = new AbortController();
  let release: () => void = () => {};
  const runner: FitRunner = async (jobs, settings, options = {}) => {
    // The error's cause is the signal: it decides the exit code.
    release();
    release = options.signal ? () => {} : onFirstStopSignal((signal) => stop.abort(signal));
    try {
      return await queue(jobs, settings, { ...options, signal: options.signal ?? stop.signal });
    } catch (error) {
      report.stopped(run, error);
      throw error;
    } finally {
      report.addUp();
    }
  };
  return {
    runner,
    start: () => {},
    close: async () => {
      release();
      report.end();
    },
  };
}

/** The same command has the same name, so that it finds its run again; each of its shards has its own. */
function runName(words: readonly string[]): string {
  const plain = JSON.stringify(commandWords(words));
  const hash = createHash('sha256').update(plain).digest('hex').slice(0, 8);
  return `${words[0] ?? 'run'}-${hash}${shardInName()}`;
}

async function requireRun(
  asked: string,
  own: string,
  address: { readonly connection: string; readonly prefix: string | undefined },
): Promise<void> {
  const queue = await openQueueRuns(address);
  try {
    const { title } = await queue.run(asked);
    if (asked === own) return;
    throw new WeighbridgeError(
      'bad-argument',
      `--resume ${asked} is another command: weighbridge ${title}`,
      { details: { option: '--resume', found: asked } },
    );
  } finally {
    queue.close();
  }
}

/** Lines on standard error: how far the fits are, and at the end what each worker did. */
class QueueReport {
  #last: QueueStatus | null = null;
  #shown = Date.now();
  #workers: QueueStatus['workers'] = {};
  #found = 0;

  constructor(private readonly quiet: boolean) {}

  readonly update = (status: QueueStatus): void => {
    this.#last = status;
    if (this.quiet || Date.now() - this.#shown < 1000 * BETWEEN_LINES) return;
    this.#shown = Date.now();
    // Over a progress bar, which is drawn anew below.
    const start = process.stderr.isTTY ? '\r\x1b[K' : '';
    process.stderr.write(`${start}${statusLine(status)}\n`);
  };

  /** Adds up the last round of fits. */
  addUp(): void {
    if (!this.#last) return;
    this.#found += this.#last.found;
    this.#workers = addedShares(this.#workers, this.#last.workers);
    this.#last = null;
  }

  stopped(run: string, error: unknown): void {
    if (!(error instanceof WeighbridgeError) || error.code !== 'interrupted') return;
    process.stderr.write(`what is done is kept: the same command with --resume ${run} goes on\n`);
  }

  end(): void {
    const workers = Object.entries(this.#workers);
    if (this.quiet || workers.length === 0) return;
    const rows = workers.toSorted(([, one], [, other]) => other.fits - one.fits);
    const found = this.#found > 0 ? [`${this.#found} fits were done before`] : [];
    const lines = rows
      .slice(0, MOST_ROWS)
      .map(([name, { fits, seconds }]) => `${name}: ${fits} fits, ${seconds.toFixed(1)} s`);
    const more = rows.length > MOST_ROWS ? [`and ${rows.length - MOST_ROWS} more workers`] : [];
    process.stderr.write([...lines, ...more, ...found].map((line) => `${line}\n`).join(''));
  }
}

const MOST_ROWS = 20;

/** The state of a run in one line. */
function statusLine(status: Omit<QueueStatus, 'workers' | 'found' | 'failed'>): string {
  const { done, total, fitsPerSecond, secondsLeft, workersAlive } = status;
  return [
    `${done}${total === null ? '' : `/${total}`} fits`,
    `${fitsPerSecond.toPrecision(3)} a second`,
    ...(secondsLeft === null ? [] : [`${Math.ceil(secondsLeft)} s left`]),
    `${workersAlive} ${workersAlive === 1 ? 'worker' : 'workers'}`,
  ].join(', ');
}
