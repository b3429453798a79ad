/** A record that has lost what it held is not taken for a new study. */
import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lookAtStudy, lossOf, openStudy } from '../../../src/harness/open-study.js';
import { type SimulatedStudy, simulatedStudy } from '../../support/simulated-study.js';

let study: SimulatedStudy;
let record: string;
beforeEach(async () => {
  study = await simulatedStudy();
  record = join(study.folder, 'record.sqlite');
});
afterEach(() => study.close());

async function answerTo(count: number, folder = study.folder): Promise<void> {
  const running = await openStudy(folder);
  for (let item = 0; item < count; item++) {
    await running.record.answer(
      { stage: 's', item, model: 'm', prompt: 'p' },
      {
        text: 'A',
        raw: '{}',
        model: 'm',
        fingerprint: null,
        finishReason: 'stop',
        usage: null,
        logprobs: null,
        attempt: 1,
        latencyMs: 1,
      },
      { requests: 1, tokens: 1, usd: 0 },
    );
  }
  running.close();
}

describe('a record that has lost', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['all, being deleted', () => rm(record)],
    ['all, being empty', () => truncate(record)],
    [
      'its tables, which stood in the log',
      async () => {
        await rm(record);
        const database = new Database(record);
        database.exec('PRAGMA journal_mode = WAL');
        database.close();
      },
    ],
    ['the answers of its last run', () => copyFile(`${record}.before`, record)],
  ])('%s, is refused until that is accepted', async (_, lose) => {
    await answerTo(3);
    await copyFile(record, `${record}.before`);
    await answerTo(2);
    await lose();
    const left = await readFile(record).catch(() => null);
    await expect(openStudy(study.folder)).rejects.toMatchObject({
      code: 'record-lost',
      message: expect.stringMatching(/and held 5 attempts in 2 runs: .*--accept-loss/),
    });
    // Nothing is written: the log may still be put back.
    expect(await readFile(record).catch(() => null)).toEqual(left);
    expect(lossOf(study.folder)).not.toBeNull();
    (await openStudy(study.folder, { acceptLoss: true })).close();
    (await openStudy(study.folder)).close();
    expect(lossOf(study.folder)).toBeNull();
  });

  test('all is no study that has not begun to whoever looks at it', async () => {
    await answerTo(1);
    await rm(record);
    await expect(lookAtStudy(study.folder)).rejects.toMatchObject({ code: 'record-lost' });
  });

  test('its log after a kill is refused', async () => {
    const running = await openStudy(study.folder);
    // What is on disk at a kill, without the log.
    const copy = `${study.folder}-copy`;
    await rm(copy, { recursive: true, force: true });
    const { cp } = await import('node:fs/promises');
    await cp(study.folder, copy, { recursive: true });
    for (const end of ['-wal', '-shm'])
      await rm(join(copy, `record.sqlite${end}`), { force: true });
    running.close();
    await expect(openStudy(copy)).rejects.toMatchObject({ code: 'record-lost' });
  });
});

test.each(['', 'runs', 'runs 1 requests', 'runs x requests y', '\0'.repeat(40)])(
  'a mark that cannot be read (%j) tells nothing',
  async (text) => {
    await answerTo(1);
    await rm(record);
    await writeFile(join(study.folder, 'record.mark'), text);
    (await openStudy(study.folder)).close();
  },
);

test('a study of an older weighbridge has no mark, and gets one', async () => {
  await answerTo(1);
  await rm(join(study.folder, 'record.mark'));
  (await openStudy(study.folder)).close();
  expect(await readFile(join(study.folder, 'record.mark'), 'utf8')).toMatch(
    /^runs 0*2 requests 0*1$/m,
  );
});
