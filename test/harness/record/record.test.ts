import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../../../src/harness/client/chat.js';
import { acquireLock, openDatabase, recordError } from '../../../src/harness/record/database.js';
import { openRecord } from '../../../src/harness/record/record.js';
import { RECORD_VERSION } from '../../../src/harness/record/tables.js';

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
  usage: { promptTokens: 100, completionTokens: 1, reasoningTokens: null },
  logprobs: new Map([
    ['A', -0.1],
    ['B', -2.4],
  ]),
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
    expect([...record.answers('m/choices')][0]).toMatchObject({ logprobs: answer('').logprobs });
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
       const answer = ${JSON.stringify({ ...answer('A'), logprobs: null })};
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

describe('whatever a server says', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('A\u0000 would be wrong', '\u0000', '\ufeffA', '', 'é😀', 'A\r\n\u0000'),
  );

  test('its texts come back whole', async () => {
    const record = openRecord(path);
    let item = 0;
    await fc.assert(
      fc.asyncProperty(texts, texts, async (text, model) => {
        await record.answer({ ...asked(item), model }, { ...answer(''), text, raw: text }, spent);
        expect([...record.answers('m/choices')].at(-1)).toMatchObject({
          item: item++,
          text,
          model,
        });
        record.journal.put('key', text);
        expect(record.journal.get('key')).toBe(text);
        record.setMeta('key', text);
        expect(record.meta('key')).toBe(text);
      }),
      { seed: 12, numRuns: 60 },
    );
    record.close();
  });

  const absurd = [1e300, 9e18, -1e9, Number.NaN, Number.POSITIVE_INFINITY, 0.5, 2 ** 53];

  test.each(absurd)('a count of %d loses no neighbour and no sum', async (count) => {
    const record = openRecord(path);
    const usage = { promptTokens: count, completionTokens: count, reasoningTokens: count };
    await Promise.all(
      [0, 1, 2].map((item) =>
        record.answer(
          asked(item),
          item === 1 ? { ...answer('A'), usage, latencyMs: count } : answer('A'),
          item === 1 ? { requests: 1, tokens: count, usd: count } : spent,
        ),
      ),
    );
    record.charge('training', { requests: 0, tokens: count, usd: count });
    expect(record.answered('m/choices').size).toBe(3);
    const { requests, tokens, usd } = record.spent();
    expect(requests).toBe(3);
    expect(tokens).toBeGreaterThanOrEqual(2 * spent.tokens);
    expect(usd).toBeGreaterThanOrEqual(2 * spent.usd);
    record.close();
  });

  test('sums in older records, which hold any count, do not overflow', async () => {
    const record = openRecord(path);
    await Promise.all([0, 1].map((item) => record.answer(asked(item), answer('A'), spent)));
    record.close();
    const database = new Database(path);
    database.exec('UPDATE requests SET spent_tokens = 9000000000000000000');
    database.close();
    const again = openRecord(path);
    expect(again.spent().tokens).toBe(1.8e19);
    again.close();
  });
});

describe('a damaged record', () => {
  beforeEach(async () => {
    const record = openRecord(path);
    await Promise.all([0, 1].map((item) => record.answer(asked(item), answer('A'), spent)));
    record.setMeta('run/1', '{}');
    record.close();
  });

  /** Everything that can be asked of it. */
  function readAll(): void {
    const record = openRecord(path, 'read');
    try {
      for (const _ of record.answers('m/choices'));
      record.answered('m/choices');
      record.counts();
      record.spent();
      record.begun();
      record.simulated();
      record.answeredAgain();
      record.withoutLogprobs('m/choices', ['A', 'B']);
      record.size();
      record.charged('x');
      record.meta('run/1');
      record.journal.get('x');
    } finally {
      record.close();
    }
  }

  const expectLine = (what: RegExp) => {
    try {
      readAll();
    } catch (error) {
      expect(error).toMatchObject({ name: 'WeighbridgeError', code: 'bad-data' });
      expect(String(error)).not.toContain('\n');
      expect(String(error)).toMatch(what);
      return;
    }
    throw new Error('it was read');
  };

  test.each([
    ...['meta', 'requests', 'answers', 'charges', 'journal'].map(
      (table) => [`DROP TABLE ${table}`, new RegExp(`the table '${table}' is missing`)] as const,
    ),
    ['ALTER TABLE requests RENAME COLUMN text TO said', /has no column named/],
    ['ALTER TABLE charges DROP COLUMN usd', /has no column named/],
    ['DELETE FROM requests WHERE item = 1', /the answer to trial 1 of m\/choices is not there/],
    ['UPDATE requests SET text = NULL WHERE item = 1', /the answer to trial 1 of m\/choices/],
    ["UPDATE requests SET text = CAST(x'41ff' AS TEXT)", /a text that is not UTF-8/],
    ["UPDATE meta SET value = CAST(x'ff' AS TEXT)", /a text that is not UTF-8/],
  ] as const)('is named in a line: %s', (sql, what) => {
    const database = new Database(path);
    database.exec('PRAGMA foreign_keys = OFF');
    database.exec(sql);
    database.close();
    expectLine(what);
  });

  test('with pages of zeros or of anything else is named in a line, or read', async () => {
    const good = await readFile(path);
    const pages = good.length / 4096;
    let damaged = 0;
    for (let page = 0; page < pages; page++) {
      for (const fill of [0, 0xff, 0x0d, 0x55]) {
        await writeFile(path, Buffer.from(good).fill(fill, 4096 * page, 4096 * (page + 1)));
        try {
          readAll();
        } catch (error) {
          damaged++;
          expect(error).toMatchObject({ name: 'WeighbridgeError' });
          expect(String(error)).not.toContain('\n');
        }
      }
    }
    expect(damaged).toBeGreaterThan(pages);
  });
});

describe('a record that cannot be used', () => {
  test('of a newer weighbridge is refused and left as it was', () => {
    const newer = openDatabase(path, 'write').database;
    newer.exec(`PRAGMA user_version = ${RECORD_VERSION + 1}`);
    newer.close();
    expect(() => openRecord(path)).toThrow(/newer weighbridge \(record version 3/);
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
    const { database } = openDatabase(path, 'write');
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
      /my study is open in another process/,
    );
    lock.release();
    acquireLock(join(folder, 'study.lock'), 'my study').release();
  });

  test('of a killed process is free at once', async () => {
    const script = join(folder, 'hold.mjs');
    const module = new URL('../../../dist/src/harness/record/database.js', import.meta.url).href;
    const file = join(folder, 'study.lock');
    await writeFile(
      script,
      `import { acquireLock } from ${JSON.stringify(module)};
       acquireLock(${JSON.stringify(file)}, 'x');
       process.stdout.write('held');
       setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const died = once(child, 'exit').then(() => Promise.reject(new Error('the holder died')));
    await Promise.race([once(child.stdout, 'data'), died]);
    died.catch(() => {});
    expect(() => acquireLock(file, 'x')).toThrow(/another process/);
    child.kill('SIGKILL');
    await once(child, 'close');
    acquireLock(file, 'x').release();
  });
});
