/**
 * The tables of a record, and their changes since version 1. Version 1 had the log-probabilities of A
 * and B in columns of their own, and neither reasoning tokens nor settings.
 */
import type { Database } from 'libsql';

/** Increased whenever a table changes. */
export const RECORD_VERSION = 2;

const TABLES = `
CREATE TABLE IF NOT EXISTS meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every attempt, with or without an answer.
CREATE TABLE IF NOT EXISTS requests (
  id                INTEGER PRIMARY KEY,
  stage             TEXT NOT NULL,
  item              INTEGER NOT NULL,
  attempt           INTEGER NOT NULL,
  at                TEXT NOT NULL,     -- when it ended, ISO 8601, UTC
  latency_ms        REAL NOT NULL,
  model             TEXT NOT NULL,     -- as asked for
  prompt            TEXT NOT NULL,     -- the user's message
  failure           TEXT,              -- why there is no answer; null where there is one
  http_status       INTEGER,
  raw               TEXT,              -- the whole response
  answered_by       TEXT,              -- the model as the server names it
  fingerprint       TEXT,
  finish_reason     TEXT,
  text              TEXT,
  prompt_tokens     INTEGER,           -- as the server counts; null where it does not
  completion_tokens INTEGER,           -- with those of the reasoning
  spent_requests    INTEGER NOT NULL,  -- what the budget counts: the maximum if unknown
  spent_tokens      INTEGER NOT NULL,
  spent_usd         REAL NOT NULL,
  logprobs          TEXT,              -- JSON: natural logarithms by label
  reasoning_tokens  INTEGER,
  settings          TEXT               -- JSON: what was sent beside the model and the messages
) STRICT;

-- The one accepted answer of each trial.
CREATE TABLE IF NOT EXISTS answers (
  stage   TEXT NOT NULL,
  item    INTEGER NOT NULL,
  request INTEGER NOT NULL REFERENCES requests (id),
  PRIMARY KEY (stage, item)
) STRICT, WITHOUT ROWID;

-- What was spent otherwise: training jobs, and requests of a run that was cut off.
CREATE TABLE IF NOT EXISTS charges (
  key      TEXT PRIMARY KEY,
  requests INTEGER NOT NULL,
  tokens   INTEGER NOT NULL,
  usd      REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Ids of files, jobs and batches at the server.
CREATE TABLE IF NOT EXISTS journal (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

export const TABLE_NAMES = ['meta', 'requests', 'answers', 'charges', 'journal'] as const;

export function createTables(database: Database): void {
  database.exec(`BEGIN; ${TABLES} PRAGMA user_version = ${RECORD_VERSION}; COMMIT`);
}

/** Changes of `requests` from version 1 to 2; a new record has the columns in the same order. */
const ADDED = [
  'ALTER TABLE requests ADD COLUMN logprobs TEXT',
  'ALTER TABLE requests ADD COLUMN reasoning_tokens INTEGER',
  'ALTER TABLE requests ADD COLUMN settings TEXT',
];
const REMOVED = [
  'ALTER TABLE requests DROP COLUMN logprob_a',
  'ALTER TABLE requests DROP COLUMN logprob_b',
];

/** Brings a record of version 1 to the present version, in one transaction. */
export function migrate(database: Database): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const statement of ADDED) database.exec(statement);
    moveLogprobs(database);
    for (const statement of REMOVED) database.exec(statement);
    database.exec(`PRAGMA user_version = ${RECORD_VERSION}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Written by JavaScript: SQLite's own JSON has fewer digits. */
function moveLogprobs(database: Database): void {
  const update = database.prepare('UPDATE requests SET logprobs = ? WHERE id = ?');
  const found = database.prepare(
    `SELECT id, logprob_a, logprob_b FROM requests
     WHERE logprob_a IS NOT NULL OR logprob_b IS NOT NULL`,
  );
  for (const row of found.all()) {
    const { id, logprob_a, logprob_b } = row as Record<string, unknown>;
    update.run(logprobsJson(choiceLogprobs(logprob_a, logprob_b)), id);
  }
}

/** Log-probabilities of a record of version 1. */
export function choiceLogprobs(a: unknown, b: unknown): ReadonlyMap<string, number> | null {
  const found = new Map<string, number>();
  if (typeof a === 'number') found.set('A', a);
  if (typeof b === 'number') found.set('B', b);
  return found.size > 0 ? found : null;
}

export function logprobsJson(logprobs: ReadonlyMap<string, number> | null): string | null {
  return logprobs && JSON.stringify(Object.fromEntries(logprobs));
}
