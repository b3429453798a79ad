/**
 * One process at a time works on a study. The lock is SQLite's own on an empty file, and so the
 * operating system's: a killed process lets go of it by dying, and no stale file is left to judge.
 */
import Database from 'libsql';
import { WeighbridgeError } from '../../errors.js';

export interface Lock {
  release(): void;
}

/** @throws WeighbridgeError `study-locked` */
export function acquireLock(path: string, study: string): Lock {
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new WeighbridgeError(
      'study-locked',
      `${study} is at work in another process: wait for it or stop it (\`weighbridge study status\` may look on)`,
      { cause },
    );
  }
  return {
    release: () => {
      if (database.open) database.close();
    },
  };
}
