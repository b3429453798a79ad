/**
 * The database of a study's record, and the lock of a study. The record is one SQLite file with a
 * write-ahead log, in which every commit is on disk before it returns (synchronous = FULL), so that
 * neither a kill nor a power cut loses an answer that was paid for.
 */
import { basename } from 'node:path';
import Database from 'libsql';
import { WeighbridgeError } from '../../errors.js';
import { createTables, migrate, RECORD_VERSION, TABLE_NAMES } from './tables.js';

export type RecordDatabase = Database.Database;

export interface OpenDatabase {
  readonly database: RecordDatabase;
  /** Version of the tables; an older one only if the record is opened for reading. */
  readonly version: number;
}

/** @throws WeighbridgeError `missing-file` */
function connect(path: string, options: Database.Options): RecordDatabase {
  try {
    return new Database(path, options);
  } catch (error) {
    // libsql gives no code to its own failure to open a file.
    throw codeOf(error) === '' ? cannotOpen(path, error) : error;
  }
}

/**
 * Opens a record for writing, whose tables are brought to the present version, or as it is for reading.
 * @throws WeighbridgeError `wrong-version` for a record of a newer weighbridge, `bad-data` for a
 *   file that is not a record
 */
export function openDatabase(path: string, access: 'write' | 'read'): OpenDatabase {
  let database: RecordDatabase | null = null;
  try {
    database = connect(path, { timeout: 10_000, readonly: access === 'read' });
    const version = versionOf(database);
    if (version > RECORD_VERSION) {
      throw new WeighbridgeError(
        'wrong-version',
        `${path} was written by a newer weighbridge (record version ${version}, this one knows ${RECORD_VERSION}): update weighbridge`,
      );
    }
    if (version <= 0 && !isEmpty(database)) throw notARecord(path, 'it holds other tables');
    // Before anything is written: the file may be another program's.
    if (version > 0) requireTables(database, path);
    if (access === 'write') {
      database.exec('PRAGMA journal_mode = WAL');
      database.exec('PRAGMA synchronous = FULL');
    }
    if (access === 'read') {
      if (version <= 0) throw notARecord(path, 'it is empty');
      return { database, version };
    }
    if (version <= 0) createTables(database);
    else if (version < RECORD_VERSION) migrate(database);
    return { database, version: RECORD_VERSION };
  } catch (error) {
    database?.close();
    throw recordError(error, path);
  }
}

/** Closes without a log, so that the record can be read from a read-only folder. */
export function closeDatabase(database: RecordDatabase): void {
  if (!database.open) return;
  try {
    database.exec('PRAGMA journal_mode = DELETE');
  } catch {
    // A reader is connected, or the disk is full: the log stays for the next opening.
  }
  database.close();
}

/** True for a database without tables, as one that lost its log may be. @throws WeighbridgeError */
export function isBlank(path: string): boolean {
  let database: RecordDatabase | null = null;
  try {
    database = connect(path, { timeout: 10_000, readonly: true });
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

function requireTables(database: RecordDatabase, path: string): void {
  // Compared by SQLite, because reading a name that is not UTF-8 ends the process.
  const exists = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  const missing = TABLE_NAMES.find((name) => exists.all(name).length === 0);
  if (missing !== undefined) throw notARecord(path, `the table '${missing}' is missing`);
}

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

/** An error of SQLite as an error for the user. */
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
  // All SQL is constant: an error in it means that a table or a column is missing.
  if (code === 'SQLITE_ERROR') return notARecord(path, message, error);
  if (code.startsWith('SQLITE_CANTOPEN')) return cannotOpen(path, error);
  const reason = code === '' ? message : `${message} (${code})`;
  return new WeighbridgeError('missing-file', `${path} cannot be opened or written: ${reason}`, {
    cause: error,
  });
}

function cannotOpen(path: string, cause: unknown): WeighbridgeError {
  return new WeighbridgeError(
    'missing-file',
    `${path} cannot be opened or made: is its folder there, and may it be written?`,
    { cause, details: { file: path } },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

interface Lock {
  release(): void;
}

/**
 * Locks a study for one process. The lock is SQLite's on an empty file, and so the operating system's:
 * a killed process releases it, and no stale file is left.
 * @throws WeighbridgeError `locked`; `missing-file`, `disk-full` if the file cannot be opened
 */
export function acquireLock(path: string, study: string): Lock {
  let database: RecordDatabase | null = null;
  try {
    database = connect(path, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    if (!isBusy(cause)) throw recordError(cause, path);
    throw new WeighbridgeError(
      'locked',
      `${study} is open in another process: wait for it or stop it (\`weighbridge study status\` works meanwhile)`,
      { cause, details: { file: path } },
    );
  }
  const held = database;
  return {
    release: () => {
      if (held.open) held.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
