/**
 * `--out`: a command's analysis as a result folder.
 */
import { WeighbridgeError } from '../errors.js';
import type { ResultWriter } from '../report/result-folder/write-result.js';

export interface ResultFlags {
  out?: string;
  png: boolean;
  chains: number;
  draws: number;
}

/**
 * Runs `work` with a writer where --out was given. Fits that do not come to their end, by an error or
 * by a signal, leave no draws and no empty folder behind.
 */
export async function withResult<T>(
  { out, png, chains, draws }: ResultFlags,
  work: (writer: ResultWriter | null) => Promise<T>,
): Promise<T> {
  if (out === undefined) {
    if (png) throw new WeighbridgeError('bad-argument', '--png needs --out: expected a folder');
    return work(null);
  }
  if (out === '') throw new WeighbridgeError('bad-argument', '--out is empty: expected a folder');
  // Loaded where it is needed: most commands write no result.
  const { beginResult } = await import('../report/result-folder/write-result.js');
  const writer = await beginResult(out, { chains, draws });
  const release = onStop(writer.discard);
  try {
    return await work(writer);
  } finally {
    release();
    writer.discard();
  }
}

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal that ends the process does so still, once `tidyUp` is done. @returns what ends that */
function onStop(tidyUp: () => void): () => void {
  const release = () => {
    for (const signal of STOPPING) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    release();
    try {
      tidyUp();
    } finally {
      process.kill(process.pid, signal);
    }
  };
  for (const signal of STOPPING) process.on(signal, onSignal);
  return release;
}

/** Fails before the work, not after it, where --out could not be written. */
export async function requireResultFolder(flags: ResultFlags): Promise<void> {
  await withResult(flags, async () => {});
}

/** The command as it was given, for a shell. */
export function commandLine(words: readonly string[] = process.argv.slice(2)): string {
  return ['weighbridge', ...words].map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
