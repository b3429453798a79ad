/**
 * The draws of all fits of a study in one file, written as the fits arrive and never held together.
 * Where a fit's draws belong is known before it is made, so that the file is the same in whatever
 * order fits are done. It bears another name until it is whole.
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
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { FitObserver, PlannedFit } from '../../analysis/planned-fits.js';
import { WeighbridgeError } from '../../errors.js';
import type { Draws } from '../../posterior/draws.js';
import type { FitResult } from '../../regression/job.js';
import { fitRecord, parameterCount } from './fit-record.js';
import { drawsBytes, type FitRecord, resultFiles } from './format.js';

export interface DrawsFile {
  readonly observe: FitObserver;
  /** In the order of the file. @throws RangeError where a planned fit was never done */
  fits(): FitRecord[];
  /** @throws RangeError where no fit of that kind and name was done */
  read(kind: FitRecord['kind'], name: string): Draws;
  /** Gives the file its name. */
  keep(): void;
  /** Removes it, unless it was kept. */
  discard(): void;
}

/** @throws WeighbridgeError `bad-argument` where the folder takes no file */
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
    // The whole length at once, so that a full disk may say so early.
    attempt(path, () => ftruncateSync(file, size));
    const done: (FitRecord | undefined)[] = round.map(() => undefined);
    rounds.push(done);
    return (fit) => {
      const place = places.of(fit.name);
      const record = fitRecord(place.planned, fit, place.offset);
      if (drawsBytes(record) !== place.bytes) {
        throw new RangeError(`${fit.name} has ${drawsBytes(record)} bytes, not ${place.bytes}`);
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
      if (!record) throw new RangeError('a fit was planned and never done');
      return record;
    });
  return {
    observe,
    fits,
    read(kind, name) {
      const record = rounds.flat().find((one) => one?.kind === kind && one.name === name);
      if (!record) throw new RangeError(`no fit of ${kind} named ${name}`);
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
      if (!place) throw new RangeError(`no fit named ${name} was planned`);
      return place;
    },
  };
}

function writeDraws(file: number, { draws }: FitResult, offset: number): void {
  if (!draws) return;
  const { buffer, byteOffset, byteLength } = draws.values;
  const bytes = littleEndian(Buffer.from(buffer, byteOffset, byteLength));
  let written = 0;
  while (written < byteLength) {
    written += writeSync(file, bytes, written, byteLength - written, offset + written);
  }
}

function readDraws(file: number, record: FitRecord): Draws {
  const bytes = Buffer.alloc(drawsBytes(record));
  let read = 0;
  while (read < bytes.length) {
    const count = readSync(file, bytes, read, bytes.length - read, record.offset + read);
    if (count === 0) {
      throw new WeighbridgeError(
        'damaged-result',
        `${resultFiles.draws}.partial ends within the draws of ${record.name}: it changed while it was written`,
      );
    }
    read += count;
  }
  return {
    parameterNames: record.parameters,
    chains: record.chains,
    drawsPerChain: record.draws_per_chain,
    values: numbersOf(bytes),
  };
}

/** Numbers from the bytes of the file, which are little-endian on every machine. */
export function numbersOf(bytes: Buffer): Float64Array {
  if (endianness() === 'BE') bytes.swap64();
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
}

/** The draws themselves stay as they are: others may still look at them. */
function littleEndian(bytes: Buffer): Buffer {
  return endianness() === 'BE' ? Buffer.from(bytes).swap64() : bytes;
}

/** What the file system refuses is a line for a person. */
function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (typeof code !== 'string' || code === '') throw cause;
    const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
    const reason = full ? 'the disk is full' : String(cause instanceof Error ? cause.message : '');
    throw new WeighbridgeError(
      full ? 'disk-full' : 'bad-argument',
      `cannot write ${path}: ${reason}`,
      { cause },
    );
  }
}
