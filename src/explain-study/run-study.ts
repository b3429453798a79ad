/**
 * Runs a study of explanations on worker threads: networks first, then cells. What the folder has is not made again, so
 * that a study goes on where it was stopped, and more seeds can be added to it.
 */
import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { cellSteps, type Prediction } from '../explain/grid.js';
import type { StudyPlan } from '../explain/plan.js';
import type { CancelSignal } from '../fit/job.js';
import type { StepProgress } from '../posterior/steps.js';
import { stoppable } from '../workers/pool.js';
import { type Outcome, unwrapOutcome } from '../workers/protocol.js';
import type { ExplainTask } from './explain-thread.js';
import type { StudyFolder } from './study-folder.js';

interface RunOptions {
  readonly workers: number;
  readonly signal: CancelSignal;
  /** Training steps of all networks and cells; those found in the folder count as done. */
  onProgress(progress: StepProgress): void;
}

/**
 * @returns the number of networks and cells that were made now
 * @throws WeighbridgeError `interrupted` when the signal is given: what is done stays in the folder
 */
export async function runStudy(
  folder: StudyFolder,
  plan: StudyPlan,
  { workers, signal, onProgress }: RunOptions,
): Promise<number> {
  const steps = new StepCount(onProgress);
  const networks: Work[] = [];
  for (const network of [...plan.networks, ...plan.larger]) {
    const own = network.size.steps;
    steps.total += own;
    if ((await folder.network(network.name)) !== null) steps.done += own;
    else networks.push({ work: { network }, steps: own, truths: network.name });
  }
  const done = await folder.doneCells();
  const cells = plan.cells.flatMap((cell): Work[] => {
    const own = cellSteps(cell);
    steps.total += own;
    if (!folder.isDone(cell, done)) {
      return [{ work: { cell }, steps: own, truths: `${cell.task} ${cell.target}` }];
    }
    steps.done += own;
    return [];
  });
  const count = Math.min(workers, Math.max(networks.length, cells.length));
  const run = async (stopping: AbortSignal) => {
    const threads = Array.from({ length: count }, () => new Thread(folder.path, plan, stopping));
    try {
      await inParallel(threads, networks, steps);
      await inParallel(threads, cells, steps);
    } finally {
      await Promise.all(threads.map((thread) => thread.close()));
    }
  };
  await stoppable(signal, run, 'the study');
  return networks.length + cells.length;
}

/** The rows of all cells of a plan, in its order. */
export async function predictionsOf(folder: StudyFolder, plan: StudyPlan): Promise<Prediction[]> {
  const rows: Prediction[] = [];
  for (const cell of plan.cells) for (const row of await folder.readCell(cell)) rows.push(row);
  return rows;
}

interface Work {
  readonly work: ExplainTask['work'];
  /** Training steps. */
  readonly steps: number;
  /** Names the truths that it needs, which can take longer to compute than the work itself. */
  readonly truths: string;
}

class StepCount {
  done = 0;
  total = 0;
  readonly #running = new Map<Work, number>();

  constructor(private readonly onProgress: RunOptions['onProgress']) {}

  /** @param done steps of the work so far */
  report(work: Work, done: number): void {
    this.#running.set(work, done);
    this.#tell();
  }

  finish(work: Work): void {
    this.#running.delete(work);
    this.done += work.steps;
    this.#tell();
  }

  #tell(): void {
    const running = [...this.#running.values()].reduce((sum, steps) => sum + steps, 0);
    this.onProgress({ done: this.done + running, total: this.total });
  }
}

/** Each thread takes work whose truths it has, then work whose truths no thread has, then any. */
async function inParallel(
  threads: readonly Thread[],
  all: readonly Work[],
  steps: StepCount,
): Promise<void> {
  const left = new Set(all);
  const begun = new Set<string>();
  const next = (thread: Thread): Work | undefined => {
    const waiting = [...left];
    return (
      waiting.find(({ truths }) => thread.truths.has(truths)) ??
      waiting.find(({ truths }) => !begun.has(truths)) ??
      waiting[0]
    );
  };
  await Promise.all(
    threads.map(async (thread) => {
      for (let work = next(thread); work !== undefined; work = next(thread)) {
        const mine = work;
        left.delete(mine);
        begun.add(mine.truths);
        thread.truths.add(mine.truths);
        await thread.run(mine, (done) => steps.report(mine, done));
        steps.finish(mine);
      }
    }),
  );
}

/** A worker thread that keeps what it computed. */
class Thread {
  readonly truths = new Set<string>();
  readonly #pool = new Tinypool({
    filename: new URL('./explain-thread.js', import.meta.url).href,
    runtime: 'worker_threads',
    minThreads: 1,
    maxThreads: 1,
    execArgv: [],
  });

  constructor(
    private readonly folder: string,
    private readonly plan: StudyPlan,
    private readonly signal: AbortSignal,
  ) {}

  async run({ work }: Work, onSteps: (done: number) => void): Promise<void> {
    const { port1: ours, port2: port } = new MessageChannel();
    ours.on('message', onSteps);
    ours.unref();
    const { cells: _, ...plan } = this.plan;
    const task: ExplainTask = { folder: this.folder, plan, work, port };
    try {
      const sent = { name: 'runTask', transferList: [port], signal: this.signal };
      const outcome: Outcome<null> = await this.#pool.run(task, sent);
      unwrapOutcome(outcome);
    } finally {
      ours.close();
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
