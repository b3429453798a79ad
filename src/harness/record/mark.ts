/**
 * A mark beside the record that says how much it has held. A record that was copied without its
 * write-ahead log, emptied or deleted holds less, and would be collected, and paid for, again
 * without a word.
 */
import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { WeighbridgeError } from '../../errors.js';
import { openRecord } from './record.js';
import { isBlank } from './schema.js';

/** Numbers that only grow. */
export interface RecordSize {
  /** How often the study was opened to work on it. */
  readonly runs: number;
  /** Attempts on record, with or without an answer. */
  readonly requests: number;
}

export interface Mark {
  /** Never fails: a mark that lags behind only tells less. */
  write(size: RecordSize): void;
  close(): void;
}

export function openMark(path: string): Mark {
  let file: number | null = null;
  return {
    write({ runs, requests }) {
      try {
        file ??= openSync(path, existsSync(path) ? 'r+' : 'w+');
        // Always as long, so that it replaces what was there before in one piece.
        writeSync(file, `runs ${digits(runs)} requests ${digits(requests)}\n`, 0);
      } catch {
        // A full disk, or a folder that cannot be written.
      }
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}

function digits(count: number): string {
  return String(count).padStart(12, '0');
}

/** Null where there is no mark, or none that can be read: older records have none. */
function readMark(path: string): RecordSize | null {
  let text: string;
  try {
    text = readFileSync(path, 'latin1').slice(0, 100);
  } catch {
    return null;
  }
  const [, runs, requests] = /^runs (\d+) requests (\d+)/.exec(text) ?? [];
  return runs && requests ? { runs: Number(runs), requests: Number(requests) } : null;
}

/** What a record holds less than its mark says; null where it is whole. */
export function recordLoss(recordPath: string, markPath: string): string | null {
  const before = readMark(markPath);
  if (!before) return null;
  const now = sizeOnDisk(recordPath);
  if (now.runs >= before.runs && now.requests >= before.requests) return null;
  return now.runs === 0 && now.requests === 0
    ? `${recordPath} is missing or empty, and held ${inWords(before)}`
    : `${recordPath} holds ${inWords(now)}, and held ${inWords(before)}`;
}

function inWords({ runs, requests }: RecordSize): string {
  const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  return `${plural(requests, 'attempt')} in ${plural(runs, 'run')}`;
}

/** @throws WeighbridgeError `record-lost` */
export function requireWhole(recordPath: string, markPath: string): void {
  const loss = recordLoss(recordPath, markPath);
  if (loss === null) return;
  throw new WeighbridgeError(
    'record-lost',
    `${loss}: put it back together with its -wal file, or run with --accept-loss to ask, and pay, again for what is lost`,
  );
}

/** Nothing is written: the log may still be put back. */
function sizeOnDisk(path: string): RecordSize {
  const isThere = existsSync(path) && statSync(path).size > 0;
  if (!isThere || isBlank(path)) return { runs: 0, requests: 0 };
  const record = openRecord(path, 'read');
  try {
    return record.size();
  } finally {
    record.close();
  }
}
