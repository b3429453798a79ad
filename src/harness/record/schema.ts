/**
 * The tables of a study's record: one SQLite file with a write-ahead log, in which every commit is
 * on disk before anyone is told of it (synchronous = FULL), so that neither a kill nor a power cut
 * loses an answer that was paid for.
 */
import { basename } from 'node:path';
import Database from 'libsql';
import { WeighbridgeError } from '../../errors.js';

/** Raised by one whenever a table changes; older records are brought up to date on opening. */
export const RECORD_VERSION = 1;

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
  logprob_a         REAL,
  logprob_b         REAL,
  prompt_tokens     INTEGER,           -- as the server counts; null where it does not
  completion_tokens INTEGER,
  spent_requests    INTEGER NOT NULL,  -- what the budget counts: the most where nobody can know
  spent_tokens      INTEGER NOT NULL,
  spent_usd         REAL NOT NULL
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

export type RecordDatabase = Database.Database;

/**
 * @throws WeighbridgeError `study-version` for a record of a newer weighbridge, `bad-data` for a
 *   file that is no record
 */
export function openDatabase(path: string, access: 'write' | 'read'): RecordDatabase {
  let database: RecordDatabase | null = null;
  try {
    database = new Database(path, { timeout: 10_000, readonly: access === 'read' });
    const version = versionOf(database);
    if (version > RECORD_VERSION) {
      throw new WeighbridgeError(
        'study-version',
        `${path} was written by a newer weighbridge (record version ${version}, this one knows ${RECORD_VERSION}): update weighbridge`,
      );
    }
    if (version <= 0 && !isEmpty(database)) throw notARecord(path, 'it holds other tables');
    // Before anything is written: the file may be somebody else's.
    if (version > 0) requireTables(database, path);
    if (access === 'write') {
      database.exec('PRAGMA journal_mode = WAL');
      database.exec('PRAGMA synchronous = FULL');
    }
    if (version < RECORD_VERSION) {
      if (access === 'read') throw notARecord(path, 'it is empty');
      database.exec(`BEGIN; ${TABLES} PRAGMA user_version = ${RECORD_VERSION}; COMMIT`);
    }
    return database;
  } catch (error) {
    database?.close();
    throw recordError(error, path);
  }
}

/** Without its log a closed record can be read where nothing can be written. */
export function closeDatabase(database: RecordDatabase): void {
  if (!database.open) return;
  try {
    database.exec('PRAGMA journal_mode = DELETE');
  } catch {
    // Someone looks on, or the disk is full: the log stays, and is taken up by the next to open it.
  }
  database.close();
}

/** True for a database without tables, as one that lost its log may be. @throws WeighbridgeError */
export function isBlank(path: string): boolean {
  let database: RecordDatabase | null = null;
  try {
    database = new Database(path, { timeout: 10_000, readonly: true });
    return versionOf(database) === 0 && isEmpty(database);
  } catch (error) {
    throw recordError(error, path);
  } finally {
    if (database?.open) database.close();
  }
}

function isEmpty(database: RecordDatabase): boolean {
  return database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').all().length === 0;
}

function notARecord(path: string, why: string, cause?: unknown): WeighbridgeError {
  return new WeighbridgeError('bad-data', `${path} is not the record of a study: ${oneLine(why)}`, {
    cause,
  });
}

const TABLE_NAMES = ['meta', 'requests', 'answers', 'charges', 'journal'];

function requireTables(database: RecordDatabase, path: string): void {
  // Compared by SQLite: a name that is no UTF-8 ends the process when it is read.
  const exists = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  const missing = TABLE_NAMES.find((name) => exists.all(name).length === 0);
  if (missing !== undefined) throw notARecord(path, `the table '${missing}' is missing`);
}

/** @param what names the part that is wrong and what was expected */
export function damagedRecord(path: string, what: string, cause?: unknown): WeighbridgeError {
  return new WeighbridgeError(
    'bad-data',
    `${path} is damaged: ${oneLine(what)}; restore it from a copy, with the files ${basename(path)}-wal and -shm where there are any`,
    { cause },
  );
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

function versionOf(database: RecordDatabase): number {
  const row: unknown = database.prepare('PRAGMA user_version').get();
  return typeof row === 'object' && row !== null && 'user_version' in row
    ? Number(row.user_version)
    : 0;
}

/** What SQLite says, as a line for the person who can mend it. */
export function recordError(error: unknown, path: string): WeighbridgeError {
  if (error instanceof WeighbridgeError) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code.startsWith('SQLITE_FULL')) {
    return new WeighbridgeError(
      'disk-full',
      `${path} cannot grow, the disk is full: make room and run the study again; what was recorded is whole`,
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_NOTADB')) return notARecord(path, message, error);
  if (code.startsWith('SQLITE_CORRUPT')) return damagedRecord(path, message, error);
  // All SQL is ours: an error in it means that a table or a column is missing.
  if (code === 'SQLITE_ERROR') return notARecord(path, message, error);
  if (code.startsWith('SQLITE_CANTOPEN') || /unable to open/i.test(message)) {
    return new WeighbridgeError(
      'missing-file',
      `${path} cannot be opened or made: is its folder there, and may it be written?`,
      { cause: error },
    );
  }
  const reason = code === '' ? message : `${message} (${code})`;
  return new WeighbridgeError('missing-file', `${path} cannot be opened or written: ${reason}`, {
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
