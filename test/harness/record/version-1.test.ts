/**
 * A record of version 1, written by weighbridge 0.2.0: some of the answers of a small study of models
 * trained elsewhere. `exported` is what 0.2.0 exported when it had finished the study.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { exportStudy } from '../../../src/harness/export-study.js';
import { lookAtStudy, openStudy } from '../../../src/harness/open-study.js';
import { openRecord } from '../../../src/harness/record/record.js';
import { runStudy } from '../../../src/harness/run-study.js';
import { studyStatus } from '../../../src/harness/status.js';
import { startSimulatedServer } from '../../../src/simulation/server/server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const kept = fileURLToPath(new URL('version-1', import.meta.url));
const fixtures = fileURLToPath(new URL('../../../fixtures', import.meta.url));
const STAGE = 'simulated-model/choices-instilled';

const record = await readFile(join(kept, 'record.sqlite.gz')).then(gunzipSync);

/** The study as 0.2.0 left it, now on the server at this address. */
async function oldStudy(baseUrl = 'http://127.0.0.1:9/v1'): Promise<string> {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  for (const file of ['contexts.json', 'agents.csv']) {
    await cp(join(fixtures, file), join(folder, file));
  }
  const yaml = await readFile(join(kept, 'study.yaml'), 'utf8');
  await writeFile(join(folder, 'study.yaml'), yaml.replace(/base_url: .*/, `base_url: ${baseUrl}`));
  await writeFile(join(folder, 'record.sqlite'), record);
  return folder;
}

function versionOf(path: string): number {
  const database = new Database(path, { readonly: true });
  const row = database.prepare('PRAGMA user_version').get() as { user_version: number };
  database.close();
  return row.user_version;
}

function answersIn(path: string) {
  const opened = openRecord(path, 'read');
  const found = [...opened.counts().keys()].flatMap((stage) =>
    [...opened.answers(stage)].map((answer) => ({ stage, ...answer })),
  );
  opened.close();
  return found;
}

test('is read as it is, and not written', async () => {
  const folder = await oldStudy();
  const path = join(folder, 'record.sqlite');
  const study = await lookAtStudy(folder);
  const answers = [...(study.record?.answers(STAGE) ?? [])];
  expect(answers).toHaveLength(11);
  expect(answers[0]).toMatchObject({
    text: 'B',
    logprobs: new Map([
      ['A', -8.851103799718386],
      ['B', -0.00020574472286434992],
    ]),
    promptTokens: expect.any(Number),
    reasoningTokens: null,
    at: expect.stringMatching(/^\d{4}-/),
  });
  expect(study.record?.withoutLogprobs(STAGE, ['A', 'B'])).toBe(0);
  expect(study.record?.withoutLogprobs(STAGE, ['A', 'C'])).toBe(11);
  expect(studyStatus(study).map(({ answers: one }) => one?.done)).toContain(11);
  study.close();
  expect(versionOf(path)).toBe(1);
  expect((await readFile(path)).equals(record)).toBe(true);
});

test('keeps each answer to the last digit when it is brought to version 2', async () => {
  const path = join(await oldStudy(), 'record.sqlite');
  const before = answersIn(path);
  openRecord(path).close();
  expect(versionOf(path)).toBe(2);
  expect(answersIn(path)).toEqual(before);
  openRecord(path).close();
  expect(answersIn(path)).toEqual(before);
});

test('continues, and its export is the one of an undisturbed study, byte for byte', async () => {
  const server = await startSimulatedServer();
  onTestFinished(() => server.close());
  const study = await openStudy(await oldStudy(server.url));
  const had = studyStatus(study).reduce((sum, { answers }) => sum + (answers?.done ?? 0), 0);
  await runStudy(study);
  const files = exportStudy(study, 'paper').files;
  study.close();
  for (const file of await readdir(join(kept, 'exported'))) {
    expect(files.get(file), file).toBe(await readFile(join(kept, 'exported', file), 'utf8'));
  }
  expect(had).toBe(36);
  expect(server.stats().paidAnswers).toBe(4 * 6 + 2 * 12 + 3 * 4 * 2 + 2 * 2 * 2 - had);
});

test('killed at any statement of its change is of one version or the other, and whole', async () => {
  const before = answersIn(join(await oldStudy(), 'record.sqlite'));
  const module = new URL('../../../dist/src/harness/record/record.js', import.meta.url).href;
  const libsql = new URL('../../../node_modules/libsql/index.js', import.meta.url).href;
  const versions = await Promise.all(
    Array.from({ length: 12 }, async (_, last) => {
      const folder = await oldStudy();
      const path = join(folder, 'record.sqlite');
      const script = join(folder, 'open.mjs');
      await writeFile(
        script,
        `import Database from ${JSON.stringify(libsql)};
         import { openRecord } from ${JSON.stringify(module)};
         const { exec } = Database.prototype;
         let left = ${last};
         Database.prototype.exec = function (sql) {
           if (left-- === 0) process.kill(process.pid, 'SIGKILL');
           return exec.call(this, sql);
         };
         openRecord(${JSON.stringify(path)});
         process.kill(process.pid, 'SIGKILL');`,
      );
      await once(spawn(process.execPath, [script], { stdio: 'inherit' }), 'exit');
      const left = versionOf(path);
      expect(answersIn(path)).toEqual(before);
      openRecord(path).close();
      expect(answersIn(path)).toEqual(before);
      return left;
    }),
  );
  // Both kinds: the kills were in the change, and after it.
  expect(new Set(versions)).toEqual(new Set([1, 2]));
});
