/** `--out` where the command ends before its result is there: by a signal, by data it cannot read. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SmallStudy, smallStudy } from '../support/small-study.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { cli, errorLines, plainEnvironment, reproduce } from './support.js';

let study: SmallStudy;
let scratch = '';
let removeScratch = async () => {};

beforeAll(async () => {
  study = await smallStudy({ contexts: 2 });
  const made = await temporaryFolder();
  scratch = made.folder;
  removeScratch = made.remove;
});
afterAll(async () => {
  await Promise.all([study.remove(), removeScratch()]);
});

/** So many draws that the signal comes long before the end. */
const LONG = ['--warmup', '1000', '--draws', '50000', '--quiet'];

/** Sends the signal once draws are being written. @returns how the command ended */
async function stopped(out: string, signal: NodeJS.Signals, workers = 2) {
  const child = spawn(
    process.execPath,
    [cli, 'reproduce', '--data', study.folder, '--out', out, '--workers', `${workers}`, ...LONG],
    { env: plainEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'close');
  for (let waits = 0; !existsSync(join(out, 'draws.f64.partial')) && waits < 6000; waits++) {
    await setTimeout(25);
  }
  expect(await readdir(out)).toContain('draws.f64.partial');
  expect(child.exitCode).toBeNull();
  child.kill(signal);
  const [code, by] = await ended;
  return { code, by };
}

describe('reproduce --out that does not come to its end', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'ends by %s as any command does, and leaves no folder',
    async (signal) => {
      const above = join(scratch, signal);
      expect(await stopped(join(above, 'out'), signal)).toEqual({ code: null, by: signal });
      expect(existsSync(above)).toBe(false);
    },
  );

  it('hears of a signal between fits where all of them are on one thread', async () => {
    const out = join(scratch, 'alone');
    expect(await stopped(out, 'SIGTERM', 1)).toEqual({ code: null, by: 'SIGTERM' });
    expect(existsSync(out)).toBe(false);
  });

  it('leaves a folder as it was that was there before', async () => {
    await writeFile(join(scratch, 'notes.txt'), 'mine');
    await stopped(scratch, 'SIGTERM');
    expect(await readdir(scratch)).toEqual(['notes.txt']);
  });

  it('leaves no folder where the data cannot be read', async () => {
    const out = join(scratch, 'none');
    const outcome = await reproduce(join(scratch, 'nonexistent'), '--out', out);
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
  });
});
