/** `weighbridge jobs`: the runs of a queue. */
import Table from 'cli-table3';
import type { Command } from 'commander';
import { openQueueRuns, type QueueRuns } from '../distribution/queue-runs.js';
import type { RunRecord } from '../distribution/queue-store.js';
import { printable } from '../harness/client/sanitize.js';
import { addFlags, type FlagValues, queueFlags } from './flags.js';

type JobsFlags = FlagValues<typeof queueFlags>;

export function addJobs(program: Command): void {
  const jobs = program.command('jobs').description('the runs and workers of a queue in Redis');
  addFlags(
    jobs.command('list').description('all runs, and the workers that are alive'),
    queueFlags,
  ).action((flags: JobsFlags) => withQueue(flags, list));
  addFlags(
    jobs.command('show').description('one run, and what each worker did').argument('<name>'),
    queueFlags,
  ).action((name: string, flags: JobsFlags) => withQueue(flags, (queue) => show(queue, name)));
  addFlags(
    jobs
      .command('remove')
      .description('remove a run: the fits that wait, and the results that it has received')
      .argument('<name>'),
    queueFlags,
  ).action((name: string, flags: JobsFlags) =>
    withQueue(flags, async (queue) => {
      await queue.remove(name);
      return `${name} was removed\n`;
    }),
  );
}

async function withQueue(flags: JobsFlags, work: (queue: QueueRuns) => Promise<string>) {
  const queue = await openQueueRuns({ connection: flags.queue, prefix: flags.queuePrefix });
  try {
    process.stdout.write(await work(queue));
  } finally {
    queue.close();
  }
}

async function list(queue: QueueRuns): Promise<string> {
  const runs = await queue.runs();
  const workers = await queue.workers();
  const rows = runs.map((run) => [
    run.name,
    run.state,
    progressOf(run),
    run.version,
    new Date(run.changed).toISOString().slice(0, 19),
    printable(run.title.slice(0, 60)),
  ]);
  const threads = workers.reduce((sum, worker) => sum + worker.threads, 0);
  const alive = `${workers.length} workers with ${threads} threads are alive\n`;
  if (runs.length === 0) return `no runs\n${alive}`;
  return `${table(['run', 'state', 'fits', 'version', 'last sign (UTC)', 'command'], rows)}${alive}`;
}

async function show(queue: QueueRuns, name: string): Promise<string> {
  const run = await queue.run(name);
  const seconds = (run.changed - run.started) / 1000;
  const alive = new Set((await queue.workers()).map((worker) => worker.name));
  const rows = Object.entries(run.workers).map(([worker, done]) => [
    worker,
    String(done.fits),
    done.seconds.toFixed(1),
    alive.has(worker) ? 'yes' : 'no',
  ]);
  const lines = [
    `${run.name}: ${run.state}, ${progressOf(run)} fits, ${seconds.toFixed(0)} s, weighbridge ${run.version}`,
    ...(run.title === '' ? [] : [`weighbridge ${printable(run.title)}`]),
  ];
  return `${lines.join('\n')}\n${rows.length === 0 ? '' : table(['worker', 'fits', 'seconds', 'alive'], rows)}`;
}

function progressOf({ done, failed, total }: RunRecord): string {
  return `${done}${total === null ? '' : `/${total}`}${failed > 0 ? ` (${failed} failed)` : ''}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) shown.push([...row]);
  return `${shown.toString()}\n`;
}
