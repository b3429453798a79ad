/**
 * The record of a study: every attempt, the one accepted answer of each trial, and what the server
 * calls the study's files, jobs and batches.
 */
import type { Answer, FailedAttempt } from '../client/chat.js';
import type { Spent } from '../client/spending.js';
import type { Journal } from '../journal.js';
import { groupCommit } from './group-commit.js';
import { closeDatabase, openDatabase, type RecordDatabase, recordError } from './schema.js';

/** Which trial of which stage was asked about, whom, and how. */
export interface Asked {
  readonly stage: string;
  readonly item: number;
  readonly model: string;
  readonly prompt: string;
}

/** An accepted answer as it was kept. */
export interface StoredAnswer {
  readonly item: number;
  readonly model: string;
  readonly text: string;
  readonly logprobA: number | null;
  readonly logprobB: number | null;
}

export interface StageCounts {
  readonly answers: number;
  readonly failures: number;
}

export interface StudyRecord {
  readonly journal: Journal;
  /**
   * Keeps an answer, and accepts it where the trial has none yet. Resolves when it is on disk.
   * @throws WeighbridgeError `disk-full`
   */
  answer(asked: Asked, answer: Answer, spent: Spent): Promise<void>;
  failure(asked: Asked, failed: FailedAttempt, spent: Spent): Promise<void>;
  /** Spending that no single request shows; a later word on the same key replaces the earlier. */
  charge(key: string, spent: Spent): void;
  charged(key: string): boolean;
  /** Takes a charge back: what it was set aside for was never made. */
  uncharge(key: string): void;
  spent(): Spent;
  /** Trials of a stage that have their answer. */
  answered(stage: string): Set<number>;
  counts(): ReadonlyMap<string, StageCounts>;
  /** Accepted answers in the order of trials. */
  answers(stage: string): Iterable<StoredAnswer>;
  /** True once anything was answered, trained or sent in a batch. */
  begun(): boolean;
  /** Choices without the log-probabilities of A and B. */
  choicesWithoutLogprobs(stage: string): number;
  /** True where a simulated server answered. */
  simulated(): boolean;
  meta(key: string): string | null;
  setMeta(key: string, value: string): void;
  close(): void;
}

export interface RecordLimits {
  /** Most pages of the file; beyond, it is as if the disk were full. */
  readonly mostPages?: number;
}

/** @throws WeighbridgeError `study-version`, `bad-data`, `disk-full` */
export function openRecord(
  path: string,
  access: 'write' | 'read' = 'write',
  { mostPages }: RecordLimits = {},
): StudyRecord {
  const database = openDatabase(path, access);
  if (mostPages !== undefined) database.exec(`PRAGMA max_page_count = ${mostPages}`);
  const guarded = guard(path);
  const commits = groupCommit((writes) => guarded(() => transaction(database, writes)));
  const { write, read, meta, journal } = guarded(() => ({
    write: writer(database),
    read: reader(database),
    meta: keyValueTable(database, 'meta', guarded),
    journal: keyValueTable(database, 'journal', guarded),
  }));
  return {
    ...read,
    journal,
    answer: (asked, answer, spent) => commits.add(() => write.answer(asked, answer, spent)),
    failure: (asked, failed, spent) => commits.add(() => write.failure(asked, failed, spent)),
    charge: (key, spent) => guarded(() => write.charge(key, spent)),
    uncharge: (key) => guarded(() => write.uncharge(key)),
    meta: meta.get,
    setMeta: meta.put,
    close: () => {
      commits.flush();
      if (access === 'write') closeDatabase(database);
      else if (database.open) database.close();
    },
  };
}

function guard(path: string) {
  return <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw recordError(error, path);
    }
  };
}

function transaction(database: RecordDatabase, writes: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    writes();
    database.exec('COMMIT');
  } catch (error) {
    // SQLite has already gone back by itself where the disk is full.
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function writer(database: RecordDatabase) {
  const insertRequest = database.prepare(`INSERT INTO requests
    (stage, item, attempt, at, latency_ms, model, prompt, failure, http_status, raw, answered_by,
     fingerprint, finish_reason, text, logprob_a, logprob_b, prompt_tokens, completion_tokens,
     spent_requests, spent_tokens, spent_usd)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const accept = database.prepare(
    'INSERT OR IGNORE INTO answers (stage, item, request) VALUES (?, ?, last_insert_rowid())',
  );
  const insertCharge = database.prepare(
    'INSERT OR REPLACE INTO charges (key, requests, tokens, usd) VALUES (?, ?, ?, ?)',
  );
  const deleteCharge = database.prepare('DELETE FROM charges WHERE key = ?');
  const now = () => new Date().toISOString();
  return {
    answer({ stage, item, model, prompt }: Asked, answer: Answer, spent: Spent): void {
      const { usage, logprobs } = answer;
      insertRequest.run(
        ...[stage, item, answer.attempt, now(), answer.latencyMs, model, prompt, null, 200],
        ...[answer.raw, answer.model, answer.fingerprint, answer.finishReason, answer.text],
        ...[logprobs?.a ?? null, logprobs?.b ?? null],
        ...[usage?.promptTokens ?? null, usage?.completionTokens ?? null],
        ...[spent.requests, spent.tokens, spent.usd],
      );
      accept.run(stage, item);
    },
    failure({ stage, item, model, prompt }: Asked, failed: FailedAttempt, spent: Spent): void {
      insertRequest.run(
        ...[stage, item, failed.attempt, now(), failed.latencyMs, model, prompt, failed.reason],
        ...[failed.status, null, null, null, null, null, null, null],
        ...[null, null, spent.requests, spent.tokens, spent.usd],
      );
    },
    charge(key: string, { requests, tokens, usd }: Spent): void {
      insertCharge.run(key, requests, tokens, usd);
    },
    uncharge(key: string): void {
      deleteCharge.run(key);
    },
  };
}

function reader(database: RecordDatabase) {
  const rows = (sql: string, ...values: string[]) =>
    database.prepare(sql).all(...values) as Record<string, number | string | null>[];
  return {
    spent(): Spent {
      const [row] = rows(`SELECT sum(requests) AS requests, sum(tokens) AS tokens, sum(usd) AS usd
        FROM (SELECT sum(spent_requests) AS requests, sum(spent_tokens) AS tokens,
                     sum(spent_usd) AS usd FROM requests
              UNION ALL SELECT sum(requests), sum(tokens), sum(usd) FROM charges)`);
      return {
        requests: Number(row?.requests ?? 0),
        tokens: Number(row?.tokens ?? 0),
        usd: Number(row?.usd ?? 0),
      };
    },
    charged: (key: string) => rows('SELECT 1 FROM charges WHERE key = ?', key).length > 0,
    answered: (stage: string) =>
      new Set(
        rows('SELECT item FROM answers WHERE stage = ?', stage).map(({ item }) => Number(item)),
      ),
    counts(): ReadonlyMap<string, StageCounts> {
      const found = rows(`SELECT stage, sum(failure IS NOT NULL) AS failures,
        (SELECT count(*) FROM answers WHERE answers.stage = requests.stage) AS answers
        FROM requests GROUP BY stage`);
      return new Map(
        found.map(({ stage, answers, failures }) => [
          String(stage),
          { answers: Number(answers), failures: Number(failures) },
        ]),
      );
    },
    *answers(stage: string): Iterable<StoredAnswer> {
      const statement = database.prepare(`SELECT answers.item, requests.model, requests.text,
          requests.logprob_a AS logprobA, requests.logprob_b AS logprobB
        FROM answers JOIN requests ON requests.id = answers.request
        WHERE answers.stage = ? ORDER BY answers.item`);
      for (const row of statement.iterate(stage)) yield row as StoredAnswer;
    },
    begun: () =>
      rows(`SELECT 1 FROM answers UNION ALL
        SELECT 1 FROM journal WHERE key LIKE 'fine-tune/%' AND value NOT LIKE '%"uploading"%'
          OR key LIKE 'batch/%' LIMIT 1`).length > 0,
    choicesWithoutLogprobs: (stage: string) => {
      const [row] = rows(
        `SELECT count(*) AS n FROM answers JOIN requests ON requests.id = answers.request
         WHERE answers.stage = ? AND (logprob_a IS NULL OR logprob_b IS NULL)`,
        stage,
      );
      return Number(row?.n ?? 0);
    },
    simulated: () =>
      rows("SELECT 1 FROM requests WHERE fingerprint LIKE 'fp_simulated%' LIMIT 1").length > 0,
  };
}

function keyValueTable(
  database: RecordDatabase,
  table: 'meta' | 'journal',
  guarded: ReturnType<typeof guard>,
): Journal {
  const select = database.prepare(`SELECT value FROM ${table} WHERE key = ?`);
  const upsert = database.prepare(`INSERT OR REPLACE INTO ${table} (key, value) VALUES (?, ?)`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE key = ?`);
  return {
    get: (key) => (select.get(key) as { value: string } | undefined)?.value ?? null,
    put: (key, value) => guarded(() => void upsert.run(key, value)),
    delete: (key) => guarded(() => void remove.run(key)),
  };
}
