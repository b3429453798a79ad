/**
 * One process at a time works on a study. The lock is SQLite's own on an empty file, and so the
 * operating system's: a killed process lets go of it by dying, and no stale file is left to judge.
 */
import Database from 'libsql';
import { WeighbridgeError } from '../../errors.js';
import { recordError } from './schema.js';

export interface Lock {
  release(): void;
}

/** @throws WeighbridgeError `study-locked`; `missing-file`, `disk-full` where the file cannot be had */
export function acquireLock(path: string, study: string): Lock {
  let database: Database.Database | null = null;
  try {
    database = new Database(path, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    if (!isBusy(cause)) throw recordError(cause, path);
    throw new WeighbridgeError(
      'study-locked',
      `${study} is at work in another process: wait for it or stop it (\`weighbridge study status\` may look on)`,
      { cause },
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
