/** Command output: warnings and progress on standard error, JSON to a file or standard output. */
import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import pc from 'picocolors';
import { writeWhole } from '../data-files/write-files.js';
import { WeighbridgeError } from '../errors.js';
import { printable } from '../harness/client/sanitize.js';

const MOST_WARNINGS = 10;

/** Prints the first few warnings, and the number of the others. */
export function warn(...lines: readonly string[]): void {
  const more = lines.length - MOST_WARNINGS;
  const rest = more > 0 ? [`and ${more} more; --json lists them all`] : [];
  for (const line of [...lines.slice(0, MOST_WARNINGS), ...rest]) {
    process.stderr.write(`${pc.yellow('warning:')} ${printable(line)}\n`);
  }
}

/** `--json -` */
export const STANDARD_OUTPUT = '-';

/** Fails before the work if a result could not be written after it. */
export async function requireWritable(file: string | undefined): Promise<void> {
  if (file === undefined || file === STANDARD_OUTPUT) return;
  if (file === '') {
    throw new WeighbridgeError('bad-argument', 'a name of a file is empty', {
      details: { found: file },
    });
  }
  const folder = dirname(resolve(file));
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new WeighbridgeError(
      'bad-argument',
      `cannot write ${file}: the folder ${folder} does not exist or is not writable`,
      { details: { found: file }, cause },
    );
  }
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) {
    throw new WeighbridgeError('bad-argument', `cannot write ${file}: it is a folder`, {
      details: { found: file },
    });
  }
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  const text = `${JSON.stringify(value, null, 1)}\n`;
  if (file === STANDARD_OUTPUT) process.stdout.write(text);
  else await writeWhole(file, text);
}

interface Progress {
  update(progress: { readonly done: number; readonly total: number }): void;
  stop(): void;
}

/** A progress bar on standard error if that is a terminal; otherwise does nothing. */
export function progressBar(label: string, quiet: boolean): Progress {
  if (quiet || !process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: `${label} {bar} {value}/{total} {eta_formatted}`,
    stream: process.stderr,
    // Hiding the cursor would leave it hidden after an interrupt.
    hideCursor: false,
    linewrap: true,
    clearOnComplete: true,
    barsize: 30,
  });
  let started = false;
  return {
    update({ done, total }) {
      if (!started) bar.start(total, done);
      started = true;
      bar.setTotal(total);
      bar.update(done);
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
