/** `weighbridge study status`: how far a study is, once or again and again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { countAnswers } from '../../harness/export-study.js';
import { learnedLines } from '../../harness/learned.js';
import { lookAtStudy, lossOf } from '../../harness/open-study.js';
import { studyStatus } from '../../harness/status.js';
import { addFlags, type FlagValues, switchFlag } from '../flags.js';
import { warn } from '../output.js';
import { onFirstStopSignal } from '../signals.js';
import { countsTable, spentLine, statusTable } from './tables.js';

const statusFlags = {
  watch: switchFlag(
    '--watch',
    'show it again every few seconds until every stage is done, or Ctrl-C; on a pipe, only what is new',
  ),
};

export function addStatus(study: Command): void {
  const command = study
    .command('status')
    .description('how far each stage is, what was spent, and which answers are invalid and why')
    .argument('<folder>', 'a folder made by `study init`');
  addFlags(command, statusFlags).action(
    async (folder: string, { watch }: FlagValues<typeof statusFlags>) => {
      if (watch) await watchStatus(folder, process.stdout);
      else show(await readStatus(folder), process.stdout);
    },
  );
}

interface Status {
  /** Ends with a line end. */
  readonly text: string;
  readonly isDone: boolean;
  /** What the record has lost; null if nothing. */
  readonly loss: string | null;
}

function show({ text, loss }: Status, output: NodeJS.WritableStream, before = ''): void {
  output.write(`${before}${text}`);
  if (loss !== null) warn(loss);
}

/** Works without a lock, also while another process runs the study. */
async function readStatus(folder: string): Promise<Status> {
  const study = await lookAtStudy(folder);
  try {
    const { record, configuration } = study;
    const stages = studyStatus(study);
    const lines = [statusTable(stages)];
    if (record) {
      const counts = countAnswers({ ...study, record }, 'paper');
      lines.push(countsTable(counts), spentLine(record.spent(), configuration));
      lines.push(...learnedLines(record));
    }
    return {
      text: `${lines.filter((line) => line !== '').join('\n')}\n`,
      isDone: stages.every(({ state }) => state === 'done'),
      loss: record ? lossOf(folder) : null,
    };
  } finally {
    study.close();
  }
}

const SHORTEST_PAUSE_MS = 2000;
/** A long record takes long to read: at most a tenth of the time is spent on it. */
const PAUSE_PER_READING = 9;

/** Cursor to the top left, and everything below it cleared. */
const CLEAR = '\u001b[H\u001b[J';

/** @param shortestPause in milliseconds */
export async function watchStatus(
  folder: string,
  output: NodeJS.WriteStream,
  shortestPause = SHORTEST_PAUSE_MS,
): Promise<void> {
  const stop = new AbortController();
  const release = onFirstStopSignal(() => stop.abort());
  let shown = '';
  try {
    while (!stop.signal.aborted) {
      const began = performance.now();
      const status = await readStatus(folder);
      if (output.isTTY) show(status, output, CLEAR);
      else if (status.text !== shown) show(status, output, shown === '' ? '' : '\n');
      shown = status.text;
      if (status.isDone) return;
      const took = performance.now() - began;
      const wait = Math.max(shortestPause, PAUSE_PER_READING * took);
      // An aborted pause is the end of the watch.
      await pause(wait, undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    release();
  }
}
