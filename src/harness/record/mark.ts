/**
 * A file next to the record with its size. A record that was copied without its write-ahead log,
 * emptied or deleted holds less; its answers would be collected and paid for again without notice.
 */
import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { WeighbridgeError } from '../../errors.js';
import { isBlank } from './database.js';
import { openRecord } from './record.js';

/** Numbers that only grow. */
export interface RecordSize {
  /** Number of times the study was opened for work. */
  readonly runs: number;
  /** Attempts on record, with or without an answer. */
  readonly requests: number;
}

export interface Mark {
  /** Never fails: an outdated mark only detects less. */
  write(size: RecordSize): void;
  close(): void;
}

export function openMark(path: string): Mark {
  let file: number | null = null;
  return {
    write({ runs, requests }) {
      try {
        file ??= openSync(path, existsSync(path) ? 'r+' : 'w+');
        // Fixed length, so that one write replaces it.
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

/** Null if the mark is missing (older records) or unreadable. */
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

/** Describes what a record lacks compared with its mark; null if nothing is lost. */
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

/** Opens the record read-only: the user may still restore the log. */
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
