import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../../../src/harness/client/chat.js';
import { acquireLock } from '../../../src/harness/record/lock.js';
import { openRecord } from '../../../src/harness/record/record.js';
import { openDatabase, RECORD_VERSION, recordError } from '../../../src/harness/record/schema.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weighbridge-record-'));
  path = join(folder, 'record.sqlite');
});
afterEach(() => rm(folder, { recursive: true }));

const asked = (item: number, stage = 'm/choices') => ({
  stage,
  item,
  model: 'm',
  prompt: `prompt ${item}`,
});

const answer = (text: string): Answer => ({
  text,
  raw: `{"text":"${text}"}`,
  model: 'm-1',
  fingerprint: 'fp_1',
  finishReason: 'stop',
  usage: { promptTokens: 100, completionTokens: 1 },
  logprobs: { a: -0.1, b: -2.4 },
  attempt: 2,
  latencyMs: 12.5,
});

const spent = { requests: 1, tokens: 101, usd: 0.5 };

const failed = { attempt: 1, status: 429, reason: 'too many requests', latencyMs: 3 };

describe('the record', () => {
  test('keeps answers in the order of trials, whatever order they came in', async () => {
    const record = openRecord(path);
    await Promise.all(
      [2, 0, 1].map((item) => record.answer(asked(item), answer(`${item}`), spent)),
    );
    expect([...record.answers('m/choices')].map(({ item, text }) => [item, text])).toEqual([
      [0, '0'],
      [1, '1'],
      [2, '2'],
    ]);
    expect([...record.answers('m/choices')][0]).toMatchObject({ logprobA: -0.1, logprobB: -2.4 });
    expect(record.answered('m/choices')).toEqual(new Set([0, 1, 2]));
    expect(record.answered('m/other')).toEqual(new Set());
    record.close();
  });

  test('accepts the first answer to a trial and no second one, but keeps both', async () => {
    const record = openRecord(path);
    await record.answer(asked(0), answer('first'), spent);
    await record.answer(asked(0), answer('second'), spent);
    expect([...record.answers('m/choices')].map(({ text }) => text)).toEqual(['first']);
    expect(record.spent().requests).toBe(2);
    record.close();
  });

  test('counts what was spent: answers, failed attempts that may have been charged, trainings', async () => {
    const record = openRecord(path);
    await record.answer(asked(0), answer('A'), { requests: 1, tokens: 101, usd: 0.25 });
    await record.failure(asked(1), failed, { requests: 1, tokens: 40, usd: 0.5 });
    record.charge('train', { requests: 0, tokens: 1000, usd: 3 });
    record.charge('train', { requests: 0, tokens: 900, usd: 2 });
    expect(record.spent()).toEqual({ requests: 2, tokens: 101 + 40 + 900, usd: 2.75 });
    expect(record.counts().get('m/choices')).toEqual({ answers: 1, failures: 1 });
    record.close();
  });

  test('opened again holds what it was told, in its journal too', async () => {
    const first = openRecord(path);
    await first.answer(asked(3), answer('B'), spent);
    first.journal.put('job', 'ft-1');
    first.journal.put('job', 'ft-2');
    first.setMeta('study id', 'x');
    first.close();
    const second = openRecord(path);
    expect([...second.answers('m/choices')].map(({ text }) => text)).toEqual(['B']);
    expect(second.journal.get('job')).toBe('ft-2');
    second.journal.delete('job');
    expect(second.journal.get('job')).toBeNull();
    expect(second.meta('study id')).toBe('x');
    second.close();
  });

  test('can be read while another writes', async () => {
    const writing = openRecord(path);
    await writing.answer(asked(0), answer('A'), spent);
    const reading = openRecord(path, 'read');
    expect(reading.answered('m/choices').size).toBe(1);
    await writing.answer(asked(1), answer('A'), spent);
    expect(reading.answered('m/choices').size).toBe(2);
    reading.close();
    writing.close();
  });

  test('tells an answer only when it is on disk: a process killed at once has lost none', async () => {
    const script = join(folder, 'write.mjs');
    const module = new URL('../../../dist/src/harness/record/record.js', import.meta.url).href;
    await writeFile(
      script,
      `import { openRecord } from ${JSON.stringify(module)};
       const record = openRecord(${JSON.stringify(path)});
       const answer = ${JSON.stringify(answer('A'))};
       for (let item = 0; ; item++) {
         await record.answer({ stage: 's', item, model: 'm', prompt: 'p' }, answer, { requests: 1, tokens: 1, usd: 0 });
         process.stdout.write(item + '\\n');
       }`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.on('data', (chunk: Buffer) => {
      told += chunk.toString();
      if (told.split('\n').length > 200) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const last = Number(told.trimEnd().split('\n').at(-1));
    const record = openRecord(path);
    expect(record.answered('s').size).toBeGreaterThanOrEqual(last + 1);
    record.close();
  });
});

describe('a record that cannot be used', () => {
  test('of a newer weighbridge is refused and left as it was', () => {
    const newer = openDatabase(path, 'write');
    newer.exec(`PRAGMA user_version = ${RECORD_VERSION + 1}`);
    newer.close();
    expect(() => openRecord(path)).toThrow(/newer weighbridge \(record version 2/);
    expect(new Database(path).prepare('PRAGMA user_version').get()).toMatchObject({
      user_version: RECORD_VERSION + 1,
    });
  });

  test('that is another file is refused and left as it was', async () => {
    const text = 'these are my notes, not a record '.repeat(200);
    await writeFile(path, text);
    expect(() => openRecord(path)).toThrow(/is not the record of a study/);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('on a disk that fills up stops with a clear line, and what was told is whole', async () => {
    const database = openDatabase(path, 'write');
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() as {
      page_count: number;
    };
    database.close();
    // SQLite's own limit stands for a disk that is full: both end in SQLITE_FULL.
    const record = openRecord(path, 'write', { mostPages: pages + 10 });
    let told = 0;
    const fill = async () => {
      for (let item = 0; item < 1000; item++) {
        await record.answer(asked(item), { ...answer('A'), raw: 'x'.repeat(2000) }, spent);
        told++;
      }
    };
    await expect(fill()).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining('what was recorded is whole'),
    });
    record.close();
    expect(told).toBeGreaterThan(0);
    const again = openRecord(path);
    expect(again.answered('m/choices').size).toBe(told);
    await again.answer(asked(told), answer('A'), spent);
    expect(again.answered('m/choices').size).toBe(told + 1);
    again.close();
  });

  test('for any other reason says which file and why', () => {
    expect(recordError(new Error('disk I/O error'), 'record.sqlite').message).toBe(
      'record.sqlite cannot be opened or written: disk I/O error',
    );
    expect(() => openRecord(join(folder, 'no', 'such', 'folder'))).toThrow(/cannot be opened/);
  });
});

describe('the lock', () => {
  test('refuses a second holder and lets go when released', () => {
    const lock = acquireLock(join(folder, 'study.lock'), 'my study');
    expect(() => acquireLock(join(folder, 'study.lock'), 'my study')).toThrow(
      /my study is at work in another process/,
    );
    lock.release();
    acquireLock(join(folder, 'study.lock'), 'my study').release();
  });

  test('of a killed process is free at once', async () => {
    const script = join(folder, 'hold.mjs');
    const module = new URL('../../../dist/src/harness/record/lock.js', import.meta.url).href;
    const file = join(folder, 'study.lock');
    await writeFile(
      script,
      `import { acquireLock } from ${JSON.stringify(module)};
       acquireLock(${JSON.stringify(file)}, 'x');
       process.stdout.write('held');
       setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(() => acquireLock(file, 'x')).toThrow(/another process/);
    child.kill('SIGKILL');
    await once(child, 'close');
    acquireLock(file, 'x').release();
  });
});
