/**
 * The draws of all fits of a study in one file, written as the fits arrive. The place of a fit's draws
 * is known before the fit is made, so that the file does not depend on the order in which fits finish.
 * Until it is complete its name ends in `.partial`.
 */
import {
  closeSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { parameterNamesOf } from '../../models/model-specification.js';
import type { FitObserver, PlannedFit } from '../analysis/learned-weights.js';
import { WeighbridgeError } from '../errors.js';
import { float64Bytes, readFloat64 } from '../exchange/bytes.js';
import type { FitResult } from '../fit/job.js';
import type { Draws } from '../posterior/draws.js';
import {
  diagnosticsRecord,
  drawsOfRecord,
  drawsRecord,
  summaryRecord,
} from '../posterior/summary.js';
import { type FitRecord, resultFiles } from './format.js';
import { drawsBytes } from './schema-parts.js';

export interface DrawsFile {
  readonly observe: FitObserver;
  /** In the order of the file. Throws if a planned fit is missing. */
  fits(): FitRecord[];
  /** The draws of a finished fit. */
  read(kind: FitRecord['kind'], name: string): Draws;
  /** Closes the file and gives it its final name. */
  keep(): void;
  /** Removes the file, unless it was kept. */
  discard(): void;
}

/** @throws WeighbridgeError `bad-argument` if the file cannot be written */
export function openDrawsFile(
  folder: string,
  { chains, draws }: { chains: number; draws: number },
): DrawsFile {
  const path = join(folder, resultFiles.draws);
  const partial = `${path}.partial`;
  const file = attempt(path, () => openSync(partial, 'w+'));
  const rounds: (FitRecord | undefined)[][] = [];
  let size = 0;
  let open = true;
  let kept = false;

  const observe: FitObserver = (round) => {
    const places = placesOf(round, size, chains * draws);
    size = places.end;
    // The whole length at once, so that a full disk is noticed early.
    attempt(path, () => ftruncateSync(file, size));
    const done: (FitRecord | undefined)[] = round.map(() => undefined);
    rounds.push(done);
    return (fit) => {
      const place = places.of(fit.name);
      const record = fitRecord(place.planned, fit, place.offset);
      if (drawsBytes(record) !== place.bytes) {
        throw new Error(`${fit.name} has ${drawsBytes(record)} bytes, not ${place.bytes}`);
      }
      attempt(path, () => writeDraws(file, fit, place.offset));
      done[place.index] = record;
    };
  };

  const close = () => {
    if (open) closeSync(file);
    open = false;
  };
  const fits = () =>
    rounds.flat().map((record) => {
      if (!record) throw new Error('a planned fit is missing');
      return record;
    });
  return {
    observe,
    fits,
    read(kind, name) {
      const record = rounds.flat().find((one) => one?.kind === kind && one.name === name);
      if (!record) throw new Error(`no fit of ${kind} named ${name}`);
      return readDraws(file, record);
    },
    keep() {
      close();
      attempt(path, () => renameSync(partial, path));
      kept = true;
    },
    discard() {
      if (kept) return;
      close();
      rmSync(partial, { force: true });
    },
  };
}

/** Names are unique within a round. */
function placesOf(round: readonly PlannedFit[], start: number, drawsOfFit: number) {
  let end = start;
  const places = new Map(
    round.map((planned, index) => {
      const bytes = parameterCount(planned.job) * drawsOfFit * Float64Array.BYTES_PER_ELEMENT;
      const place = { planned, index, bytes, offset: end };
      end += bytes;
      return [planned.job.name, place];
    }),
  );
  return {
    end,
    of(name: string) {
      const place = places.get(name);
      if (!place) throw new Error(`no fit named ${name} was planned`);
      return place;
    },
  };
}

function writeDraws(file: number, { draws }: FitResult, offset: number): void {
  if (!draws) return;
  const bytes = float64Bytes(draws.values);
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, bytes.length - written, offset + written);
  }
}

function readDraws(file: number, record: FitRecord): Draws {
  const bytes = Buffer.alloc(drawsBytes(record));
  let read = 0;
  while (read < bytes.length) {
    const count = readSync(file, bytes, read, bytes.length - read, record.offset + read);
    if (count === 0) {
      throw new WeighbridgeError(
        'damaged',
        `${resultFiles.draws}.partial ends within the draws of ${record.name}: it changed while it was written`,
        { details: { file: resultFiles.draws } },
      );
    }
    read += count;
  }
  return drawsOfRecord(record, readFloat64(bytes));
}

/** Turns errors of the file system into errors of one line. */
function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (typeof code !== 'string' || code === '') throw cause;
    const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
    const reason = full ? 'the disk is full' : String(cause instanceof Error ? cause.message : '');
    const message = `cannot write ${path}: ${reason}`;
    if (full) throw new WeighbridgeError('disk-full', message, { details: { file: path }, cause });
    throw new WeighbridgeError('bad-argument', message, { details: { found: path }, cause });
  }
}

/** The number of parameters that a fit will report. */
function parameterCount({ specification }: PlannedFit['job']): number {
  return parameterNamesOf(specification).length;
}

function fitRecord({ subject }: PlannedFit, fit: FitResult, offset: number): FitRecord {
  const { name, algorithm, draws, parameters, diagnostics, warnings } = fit;
  if (!draws) throw new Error(`the draws of ${name} were not kept`);
  return {
    name,
    ...subject,
    algorithm,
    ...drawsRecord(draws),
    offset,
    summary: parameters.map(summaryRecord),
    diagnostics: { ...diagnosticsRecord(diagnostics), pareto_k: diagnostics.paretoK },
    warnings: [...warnings],
  };
}
