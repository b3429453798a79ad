/**
 * The record of a study: every attempt, the accepted answer of each trial, and the ids of files, jobs
 * and batches at the server.
 */
import type { Answer, FailedAttempt } from '../client/chat.js';
import type { Spent } from '../client/spending.js';
import type { Journal } from '../journal.js';
import { closeDatabase, openDatabase, type RecordDatabase } from './database.js';
import { GroupCommit } from './group-commit.js';
import type { Mark, RecordSize } from './mark.js';
import { guard, keyValueTable, reader } from './queries.js';
import type { Asked, RecordedAnswer, StageCounts } from './stored.js';
import { writer } from './writer.js';

export type { Asked, RecordedAnswer, StoredAnswer } from './stored.js';

export interface StudyRecord {
  readonly journal: Journal;
  /**
   * Stores an answer, and accepts it if the trial has none yet. Resolves when it is on disk.
   * @param accept 'replace': it replaces the accepted answer, which stays on record as an attempt
   * @throws WeighbridgeError `disk-full`
   */
  answer(asked: Asked, answer: Answer, spent: Spent, accept?: 'first' | 'replace'): Promise<void>;
  failure(asked: Asked, failed: FailedAttempt, spent: Spent): Promise<void>;
  /** Enters spending outside of single requests; a later entry of the same key replaces it. */
  charge(key: string, spent: Spent): void;
  charged(key: string): boolean;
  /** Removes a charge whose job or batch was never made. */
  uncharge(key: string): void;
  spent(): Spent;
  /** Trials of a stage that have their answer. */
  answered(stage: string): Set<number>;
  counts(): ReadonlyMap<string, StageCounts>;
  /**
   * Accepted answers in the order of trials.
   * @throws WeighbridgeError `bad-data` if the file is damaged
   */
  answers(stage: string): Iterable<RecordedAnswer>;
  /** True if exactly this response is the accepted answer of the trial. */
  isAccepted(stage: string, item: number, raw: string): boolean;
  /** Trials that were answered more than once. */
  answeredAgain(): number;
  /** True if any request was answered, trained or sent in a batch. */
  begun(): boolean;
  /** Number of answers without the log-probability of each of these labels. */
  withoutLogprobs(stage: string, labels: readonly string[]): number;
  /** True if a simulated server answered. */
  simulated(): boolean;
  meta(key: string): string | null;
  setMeta(key: string, value: string): void;
  size(): RecordSize;
  close(): void;
}

interface RecordOptions {
  /** Limit of the pages of the file; beyond it, writes fail as on a full disk. */
  readonly mostPages?: number;
  /** Receives the size of the record after each commit. */
  readonly mark?: Mark;
}

/** @throws WeighbridgeError `wrong-version`, `bad-data`, `disk-full` */
export function openRecord(
  path: string,
  access: 'write' | 'read' = 'write',
  { mostPages, mark }: RecordOptions = {},
): StudyRecord {
  const { database, version } = openDatabase(path, access);
  const guarded = guard(path);
  const { write, read, meta, journal } = guarded(() => {
    try {
      if (mostPages !== undefined) database.exec(`PRAGMA max_page_count = ${mostPages}`);
      return {
        write: writer({ database, version }),
        read: reader({ database, version }, path, guarded),
        meta: keyValueTable(database, 'meta', path, guarded),
        journal: keyValueTable(database, 'journal', path, guarded),
      };
    } catch (error) {
      database.close();
      throw error;
    }
  });
  const commits = new GroupCommit((writes) => {
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

function transaction(database: RecordDatabase, writes: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    writes();
    database.exec('COMMIT');
  } catch (error) {
    // On a full disk SQLite has rolled back by itself.
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
