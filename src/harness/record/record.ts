/**
 * The record of a study: every attempt, the one accepted answer of each trial, and what the server
 * calls the study's files, jobs and batches.
 */
import type { Answer, FailedAttempt } from '../client/chat.js';
import { readCompletion } from '../client/completion.js';
import { asObject } from '../client/json.js';
import type { Spent } from '../client/spending.js';
import type { Journal } from '../journal.js';
import { groupCommit } from './group-commit.js';
import type { Mark, RecordSize } from './mark.js';
import {
  closeDatabase,
  damagedRecord,
  openDatabase,
  type RecordDatabase,
  recordError,
} from './schema.js';

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
  /** What the model said, or the text of its refusal; '' where it said nothing. */
  readonly text: string;
  readonly logprobA: number | null;
  readonly logprobB: number | null;
  /** Why the answer ended, as the server names it. */
  readonly finishReason?: string | null;
}

export interface StageCounts {
  readonly answers: number;
  readonly failures: number;
}

export interface StudyRecord {
  readonly journal: Journal;
  /**
   * Keeps an answer, and accepts it where the trial has none yet. Resolves when it is on disk.
   * @param accept 'replace': in place of the answer that was accepted before, which is kept as an
   *   attempt
   * @throws WeighbridgeError `disk-full`
   */
  answer(asked: Asked, answer: Answer, spent: Spent, accept?: 'first' | 'replace'): Promise<void>;
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
  /**
   * Accepted answers in the order of trials.
   * @throws WeighbridgeError `bad-data` where the file is damaged
   */
  answers(stage: string): Iterable<StoredAnswer>;
  /** True where this very response is the accepted answer of the trial. */
  isAccepted(stage: string, item: number, raw: string): boolean;
  /** Trials that were answered more than once. */
  answeredAgain(): number;
  /** True once anything was answered, trained or sent in a batch. */
  begun(): boolean;
  /** Choices without the log-probabilities of A and B. */
  choicesWithoutLogprobs(stage: string): number;
  /** True where a simulated server answered. */
  simulated(): boolean;
  meta(key: string): string | null;
  setMeta(key: string, value: string): void;
  size(): RecordSize;
  close(): void;
}

export interface RecordOptions {
  /** Most pages of the file; beyond, it is as if the disk were full. */
  readonly mostPages?: number;
  /** Receives the size of the record after each commit. */
  readonly mark?: Mark;
}

/** @throws WeighbridgeError `study-version`, `bad-data`, `disk-full` */
export function openRecord(
  path: string,
  access: 'write' | 'read' = 'write',
  { mostPages, mark }: RecordOptions = {},
): StudyRecord {
  const database = openDatabase(path, access);
  const guarded = guard(path);
  const { write, read, meta, journal } = guarded(() => {
    try {
      if (mostPages !== undefined) database.exec(`PRAGMA max_page_count = ${mostPages}`);
      return {
        write: writer(database),
        read: reader(database, path, guarded),
        meta: keyValueTable(database, 'meta', path, guarded),
        journal: keyValueTable(database, 'journal', path, guarded),
      };
    } catch (error) {
      database.close();
      throw error;
    }
  });
  const commits = groupCommit((writes) => {
    guarded(() => transaction(database, writes));
    mark?.write(read.size());
  });
  return {
    ...read,
    journal,
    answer: (asked, answer, spent, accept = 'first') =>
      commits.add(() => write.answer(asked, answer, spent, accept)),
    failure: (asked, failed, spent) => commits.add(() => write.failure(asked, failed, spent)),
    charge: (key, spent) => guarded(() => write.charge(key, spent)),
    uncharge: (key) => guarded(() => write.uncharge(key)),
    meta: meta.get,
    setMeta: meta.put,
    close: () => {
      commits.flush();
      if (access === 'write') closeDatabase(database);
      else if (database.open) database.close();
      mark?.close();
    },
  };
}

type Guard = <T>(work: () => T) => T;

/** Turns what SQLite throws into a line for a person. */
function guard(path: string): Guard {
  return (work) => {
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
  const acceptBy = (verb: string) =>
    database.prepare(
      `INSERT OR ${verb} INTO answers (stage, item, request) VALUES (?, ?, last_insert_rowid())`,
    );
  const accepting = { first: acceptBy('IGNORE'), replace: acceptBy('REPLACE') };
  const insertCharge = database.prepare(
    'INSERT OR REPLACE INTO charges (key, requests, tokens, usd) VALUES (?, ?, ?, ?)',
  );
  const deleteCharge = database.prepare('DELETE FROM charges WHERE key = ?');
  const now = () => new Date().toISOString();
  return {
    answer(
      { stage, item, model, prompt }: Asked,
      answer: Answer,
      spent: Spent,
      accept: keyof typeof accepting,
    ): void {
      const { usage, logprobs, status = 200 } = answer;
      insertRequest.run(
        ...[stage, item, answer.attempt, now(), storable(answer.latencyMs), model, prompt, null],
        ...[status, answer.raw, answer.model, answer.fingerprint, answer.finishReason, answer.text],
        ...[logprobs?.a ?? null, logprobs?.b ?? null],
        ...[storableCount(usage?.promptTokens), storableCount(usage?.completionTokens)],
        ...storableSpent(spent),
      );
      accepting[accept].run(stage, item);
    },
    failure({ stage, item, model, prompt }: Asked, failed: FailedAttempt, spent: Spent): void {
      insertRequest.run(
        ...[stage, item, failed.attempt, now(), storable(failed.latencyMs), model, prompt],
        ...[failed.reason, storableCount(failed.status), null, null, null, null, null, null, null],
        ...[null, null, ...storableSpent(spent)],
      );
    },
    charge(key: string, spent: Spent): void {
      insertCharge.run(key, ...storableSpent(spent));
    },
    uncharge(key: string): void {
      deleteCharge.run(key);
    },
  };
}

/** A number that a column of numbers takes, whatever a server says; never negative. */
function storable(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}

function storableCount(value: number | null | undefined): number | null {
  return Number.isSafeInteger(value) ? Number(value) : null;
}

function storableSpent({ requests, tokens, usd }: Spent): [number, number, number] {
  const whole = (value: number) => Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(storable(value)));
  return [whole(requests), whole(tokens), storable(usd)];
}

type Row = Readonly<Record<string, unknown>>;

/** Queries whose errors are lines for a person. Text is asked for with `whole`. */
function reader(database: RecordDatabase, path: string, guarded: Guard) {
  const rows: Rows = (sql, ...values) =>
    guarded(() => database.prepare(sql).all(...values)).map(asRow);
  const number = (sql: string, ...values: string[]) => Number(rows(sql, ...values)[0]?.n ?? 0);
  const text = textReader(path);
  return {
    spent: () => totalSpent(rows),
    charged: (key: string) => rows('SELECT 1 FROM charges WHERE key = ?', key).length > 0,
    answered: (stage: string) =>
      new Set(
        rows('SELECT item FROM answers WHERE stage = ?', stage).map(({ item }) => Number(item)),
      ),
    counts: () => stageCounts(rows, text),
    *answers(stage: string): Iterable<StoredAnswer> {
      const found = guarded(() => database.prepare(ACCEPTED).iterate(stage));
      for (;;) {
        const next = guarded(() => found.next());
        if (next.done) return;
        yield storedAnswer(asRow(next.value), stage, path);
      }
    },
    isAccepted: (stage: string, item: number, raw: string) =>
      rows(
        `SELECT 1 FROM answers JOIN requests ON requests.id = answers.request
         WHERE answers.stage = ? AND answers.item = ? AND requests.raw = ?`,
        ...[stage, item, raw],
      ).length > 0,
    answeredAgain: () =>
      number(`SELECT count(*) AS n FROM (SELECT 1 FROM requests WHERE failure IS NULL
        GROUP BY stage, item HAVING count(*) > 1)`),
    begun: () =>
      rows(`SELECT 1 FROM answers UNION ALL
        SELECT 1 FROM journal WHERE key LIKE 'fine-tune/%' AND value NOT LIKE '%"uploading"%'
          OR key LIKE 'batch/%' LIMIT 1`).length > 0,
    choicesWithoutLogprobs: (stage: string) =>
      number(
        `SELECT count(*) AS n FROM answers JOIN requests ON requests.id = answers.request
         WHERE answers.stage = ? AND (logprob_a IS NULL OR logprob_b IS NULL)`,
        stage,
      ),
    simulated: () =>
      rows("SELECT 1 FROM requests WHERE fingerprint LIKE 'fp_simulated%' LIMIT 1").length > 0,
    size: () => ({
      runs: number("SELECT count(*) AS n FROM meta WHERE key LIKE 'run/%'"),
      requests: number('SELECT max(id) AS n FROM requests'),
    }),
  };
}

type Rows = (sql: string, ...values: (string | number)[]) => Row[];

/** Not by sum(): it fails beyond 2^63, and older records hold whatever a server said. */
function totalSpent(rows: Rows): Spent {
  const [row] = rows(`SELECT total(requests) AS requests, total(tokens) AS tokens,
      total(usd) AS usd
    FROM (SELECT spent_requests AS requests, spent_tokens AS tokens, spent_usd AS usd
          FROM requests
          UNION ALL SELECT requests, tokens, usd FROM charges)`);
  return {
    requests: storable(Number(row?.requests)),
    tokens: storable(Number(row?.tokens)),
    usd: storable(Number(row?.usd)),
  };
}

function stageCounts(
  rows: Rows,
  text: ReturnType<typeof textReader>,
): ReadonlyMap<string, StageCounts> {
  const found = rows(`SELECT ${whole('stage')} AS stage, sum(failure IS NOT NULL) AS failures,
    (SELECT count(*) FROM answers WHERE answers.stage = requests.stage) AS answers
    FROM requests GROUP BY stage`);
  return new Map(
    found.map(({ stage, answers, failures }) => [
      text(stage) ?? '',
      { answers: Number(answers), failures: Number(failures) },
    ]),
  );
}

/** Outer, so that an answer whose request is lost shows. */
const ACCEPTED = `SELECT answers.item, ${whole('requests.model')} AS model,
    ${whole('requests.text')} AS text, ${whole('requests.finish_reason')} AS finishReason,
    requests.logprob_a AS logprobA, requests.logprob_b AS logprobB,
    CASE WHEN requests.text = '' THEN ${whole('requests.raw')} END AS raw
  FROM answers LEFT JOIN requests ON requests.id = answers.request
    AND requests.stage = answers.stage AND requests.item = answers.item
  WHERE answers.stage = ? ORDER BY answers.item`;

/** @throws WeighbridgeError `bad-data` */
function storedAnswer(row: Row, stage: string, path: string): StoredAnswer {
  const read = textReader(path);
  const item = Number(row.item);
  const model = read(row.model);
  const text = read(row.text);
  if (model === null || text === null) {
    throw damagedRecord(path, `the answer to trial ${item} of ${stage} is not there`);
  }
  const logprob = (value: unknown) => (typeof value === 'number' ? value : null);
  const answer: StoredAnswer = {
    item,
    model,
    text,
    logprobA: logprob(row.logprobA),
    logprobB: logprob(row.logprobB),
    finishReason: read(row.finishReason),
  };
  const raw = read(row.raw);
  return raw === null ? answer : { ...answer, ...saidIn(raw, model) };
}

/**
 * What a response says of which the record holds no text: older records have none of refusals and
 * of contents in parts.
 */
function saidIn(raw: string, model: string): Partial<StoredAnswer> {
  const read = readCompletion(raw, { model, messages: [], maxTokens: 0, logprobs: false });
  if ('malformed' in read) return {};
  const { text, finishReason } = read.completion;
  return text === '' ? {} : { text, finishReason };
}

function keyValueTable(
  database: RecordDatabase,
  table: 'meta' | 'journal',
  path: string,
  guarded: Guard,
): Journal {
  const text = textReader(path);
  const select = database.prepare(`SELECT ${whole('value')} AS value FROM ${table} WHERE key = ?`);
  const upsert = database.prepare(`INSERT OR REPLACE INTO ${table} (key, value) VALUES (?, ?)`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE key = ?`);
  return {
    get: (key) => text(asRow(guarded(() => select.get(key))).value),
    put: (key, value) => guarded(() => void upsert.run(key, value)),
    delete: (key) => guarded(() => void remove.run(key)),
  };
}

/**
 * A text column for a query: libsql cuts text at its first NUL and ends the process where it is no
 * UTF-8, so that every text is read as bytes.
 */
function whole(column: string): string {
  return `CAST(${column} AS BLOB)`;
}

/** Of what `whole` gives. @throws WeighbridgeError `bad-data` for bytes that are no text */
function textReader(path: string): (value: unknown) => string | null {
  return (value) => {
    // libsql gives one or the other.
    if (!(value instanceof ArrayBuffer || value instanceof Uint8Array)) return null;
    try {
      return utf8.decode(value);
    } catch (cause) {
      throw damagedRecord(path, 'it holds a text that is not UTF-8', cause);
    }
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function asRow(value: unknown): Row {
  return asObject(value) ?? {};
}
