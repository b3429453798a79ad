/** Queries of a record of any version. Text columns are selected with `asBytes`. */
import { asObject, parseObject } from '../../checks/json.js';
import { readCompletion } from '../client/completion.js';
import type { Spent } from '../client/spending.js';
import type { Journal } from '../journal.js';
import { damagedRecord, type OpenDatabase, type RecordDatabase, recordError } from './database.js';
import type { RecordedAnswer, StageCounts, StoredAnswer } from './stored.js';
import { choiceLogprobs } from './tables.js';
import { storable } from './writer.js';

type Guard = <T>(work: () => T) => T;

/** Runs work whose SQLite errors become errors for the user. */
export function guard(path: string): Guard {
  return (work) => {
    try {
      return work();
    } catch (error) {
      throw recordError(error, path);
    }
  };
}

type Row = Readonly<Record<string, unknown>>;

/** Queries. Text columns are selected with `asBytes`. */
export function reader({ database, version }: OpenDatabase, path: string, guarded: Guard) {
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
    *answers(stage: string): Iterable<RecordedAnswer> {
      const found = guarded(() => database.prepare(accepted(version)).iterate(stage));
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
    withoutLogprobs: (stage: string, labels: readonly string[]) => {
      const found = rows(
        `SELECT ${logprobColumns(version)} FROM answers
         JOIN requests ON requests.id = answers.request WHERE answers.stage = ?`,
        stage,
      );
      const isWithout = (row: Row) => !labels.every((label) => logprobsIn(row, text)?.has(label));
      return found.filter(isWithout).length;
    },
    simulated: () =>
      rows("SELECT 1 FROM requests WHERE fingerprint LIKE 'fp_simulated%' LIMIT 1").length > 0,
    size: () => ({
      runs: number("SELECT count(*) AS n FROM meta WHERE key LIKE 'run/%'"),
      requests: number('SELECT max(id) AS n FROM requests'),
    }),
  };
}

type Rows = (sql: string, ...values: (string | number)[]) => Row[];

/** Not by sum(), which fails beyond 2^63: older records hold any number that a server sent. */
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
  const found = rows(`SELECT ${asBytes('stage')} AS stage, sum(failure IS NOT NULL) AS failures,
    (SELECT count(*) FROM answers WHERE answers.stage = requests.stage) AS answers
    FROM requests GROUP BY stage`);
  return new Map(
    found.map(({ stage, answers, failures }) => [
      text(stage) ?? '',
      { answers: Number(answers), failures: Number(failures) },
    ]),
  );
}

/** Columns that version 1 lacks, with their names in it. */
function logprobColumns(version: number): string {
  return version === 1
    ? 'requests.logprob_a AS logprobA, requests.logprob_b AS logprobB'
    : `${asBytes('requests.logprobs')} AS logprobs, requests.reasoning_tokens AS reasoningTokens`;
}

/** An outer join, so that an answer without its request is noticed. */
function accepted(version: number): string {
  return `SELECT answers.item, ${asBytes('requests.model')} AS model,
    ${asBytes('requests.text')} AS text, ${asBytes('requests.finish_reason')} AS finishReason,
    requests.attempt, ${asBytes('requests.at')} AS at, requests.latency_ms AS latencyMs,
    requests.prompt_tokens AS promptTokens, requests.completion_tokens AS completionTokens,
    ${logprobColumns(version)}, CASE WHEN requests.text = '' THEN ${asBytes('requests.raw')} END AS raw
  FROM answers LEFT JOIN requests ON requests.id = answers.request
    AND requests.stage = answers.stage AND requests.item = answers.item
  WHERE answers.stage = ? ORDER BY answers.item`;
}

/** @throws WeighbridgeError `bad-data` */
function storedAnswer(row: Row, stage: string, path: string): RecordedAnswer {
  const read = textReader(path);
  const item = Number(row.item);
  const model = read(row.model);
  const text = read(row.text);
  if (model === null || text === null) {
    throw damagedRecord(path, `the answer to trial ${item} of ${stage} is not there`);
  }
  const answer: RecordedAnswer = {
    item,
    model,
    text,
    logprobs: logprobsIn(row, read),
    finishReason: read(row.finishReason),
    attempt: Number(row.attempt),
    at: read(row.at) ?? '',
    latencyMs: Number(row.latencyMs),
    promptTokens: countIn(row.promptTokens),
    completionTokens: countIn(row.completionTokens),
    reasoningTokens: countIn(row.reasoningTokens),
  };
  const raw = read(row.raw);
  return raw === null ? answer : { ...answer, ...saidIn(raw, model) };
}

function countIn(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function logprobsIn(row: Row, text: ReturnType<typeof textReader>): StoredAnswer['logprobs'] {
  const json = text(row.logprobs);
  if (json === null) return choiceLogprobs(row.logprobA, row.logprobB);
  const entries = Object.entries(parseObject(json) ?? {});
  return new Map(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

/** Reads the text from the raw response: older records have no text of refusals and of parts. */
function saidIn(raw: string, model: string): Partial<StoredAnswer> {
  const read = readCompletion(raw, { model, labels: null });
  if ('malformed' in read) return {};
  const { text, finishReason } = read.completion;
  return text === '' ? {} : { text, finishReason };
}

/**
 * Selects a text column as bytes: libsql cuts text at its first NUL, and ends the process if it is not
 * UTF-8.
 */
function asBytes(column: string): string {
  return `CAST(${column} AS BLOB)`;
}

/** Decodes a column selected with `asBytes`. @throws WeighbridgeError `bad-data` if it is not UTF-8 */
function textReader(path: string): (value: unknown) => string | null {
  return (value) => {
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

export function keyValueTable(
  database: RecordDatabase,
  table: 'meta' | 'journal',
  path: string,
  guarded: Guard,
): Journal {
  const text = textReader(path);
  const select = database.prepare(
    `SELECT ${asBytes('value')} AS value FROM ${table} WHERE key = ?`,
  );
  const upsert = database.prepare(`INSERT OR REPLACE INTO ${table} (key, value) VALUES (?, ?)`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE key = ?`);
  return {
    get: (key) => text(asRow(guarded(() => select.get(key))).value),
    put: (key, value) => guarded(() => void upsert.run(key, value)),
    delete: (key) => guarded(() => void remove.run(key)),
  };
}
