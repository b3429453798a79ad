/**
 * Jobs and their outcomes as compressed bytes, bit for bit, NaN and infinities too. What is read is
 * checked by schemas and bounded in size: it comes from other machines.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import { onOneLine } from '../checks/names.js';
import { WeighbridgeError } from '../errors.js';
import {
  chain,
  draws,
  parameterSummary,
  specification as regression,
  settings,
} from '../exchange/fit-schema.js';
import type { FitJob, FitResult } from '../fit/job.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { Outcome } from '../workers/protocol.js';
import { bytesOf, type KeepApart, openBytes, valueIn } from './plain-bytes.js';

/** Fits of the same settings. */
interface JobBatch {
  readonly settings: SamplerSettings;
  readonly jobs: readonly FitJob[];
}

/** A finished fit, or why it failed. */
export type FitOutcome = Outcome<FitResult>;

/** Largest size of what is read, uncompressed: 1 GiB. */
const MOST_BYTES = 2 ** 30;

/** Numbers compress little, text compresses at any level. */
const LEVEL = 1;

/**
 * @param keepApart keeps a large array elsewhere and returns its name
 * @throws WeighbridgeError `bad-argument` for jobs that are not plain data
 */
export function encodeJobs(batch: JobBatch, keepApart?: KeepApart): Uint8Array {
  return compressed(bytesOf(batch, keepApart));
}

/** A batch whose form is known to be sound, without the arrays that were kept apart. */
interface OpenedJobs {
  /** Names of the arrays that were kept apart, each once. */
  readonly partsNeeded: readonly string[];
  /**
   * @param parts these arrays by name, as little-endian float64s
   * @throws WeighbridgeError `damaged`
   */
  readonly read: (parts?: ReadonlyMap<string, Uint8Array>) => JobBatch;
}

/** @throws WeighbridgeError `damaged` */
export function openJobs(bytes: Uint8Array): OpenedJobs {
  const what = 'a batch of fits';
  const opened = attempt(what, MOST_BYTES, () => openBytes(expanded(bytes)));
  return {
    partsNeeded: [...new Set(opened.apart)],
    read: (parts) =>
      checked<JobBatch>(
        what,
        batchSchema,
        attempt(what, MOST_BYTES, () => valueIn(opened, parts)),
      ),
  };
}

export function encodeOutcome(outcome: FitOutcome): Uint8Array {
  return compressed(bytesOf(outcome));
}

/**
 * @param mostBytes largest size, uncompressed
 * @throws WeighbridgeError `damaged`
 */
export function decodeOutcome(bytes: Uint8Array, mostBytes = MOST_BYTES): FitOutcome {
  const what = 'a result';
  const value = attempt(what, mostBytes, () => valueIn(openBytes(expanded(bytes, mostBytes))));
  return checked<FitOutcome>(what, outcomeSchema, value);
}

/** First bytes: how the rest is kept. */
const PLAIN = 0;
const DEFLATED = 1;

/** Bytes below which compression takes longer than it is worth. */
const SMALL = 4096;

/** Bytes before those of `PLAIN`: the mark, and a checksum, which deflated ones have themselves. */
const PLAIN_HEAD = 5;

export function compressed(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= SMALL) {
    return Buffer.concat([Uint8Array.of(DEFLATED), deflateSync(bytes, { level: LEVEL })]);
  }
  const head = Buffer.alloc(PLAIN_HEAD, PLAIN);
  head.writeUInt32LE(crc32(bytes), 1);
  return Buffer.concat([head, bytes]);
}

/** @throws Error for bytes that `compressed` did not write, or that are too many */
export function expanded(bytes: Uint8Array, mostBytes = MOST_BYTES): Uint8Array {
  if (bytes[0] === DEFLATED) return inflateSync(bytes.subarray(1), { maxOutputLength: mostBytes });
  const plain = bytes.subarray(PLAIN_HEAD);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(plain));
  if (bytes[0] !== PLAIN || !sum.equals(bytes.subarray(1, PLAIN_HEAD))) {
    throw new Error('its bytes were changed');
  }
  return plain;
}

/** The value as it was, with all its keys: a schema only checks. */
function checked<T>(what: string, schema: z.ZodType, value: unknown): T {
  const answer = schema.safeParse(value);
  if (answer.success) return value as T;
  const [issue] = answer.error.issues;
  throw damaged(what, `${issue?.path.join('.')}: ${issue?.message}`);
}

function attempt<T>(what: string, mostBytes: number, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw damaged(what, reasonOf(cause, mostBytes), cause);
  }
}

function reasonOf(error: unknown, mostBytes: number): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (code === 'ERR_BUFFER_TOO_LARGE') return `it is larger than ${mostBytes} bytes`;
  return String(message);
}

function damaged(what: string, problem: string, cause?: unknown): WeighbridgeError<'damaged'> {
  return new WeighbridgeError('damaged', `${what} cannot be read: ${onOneLine(problem)}`, {
    cause,
  });
}

const number = z.custom<number>((value) => typeof value === 'number', 'expected a number');
const numbers = z.instanceof(Float64Array);
const texts = z.array(z.string());
const pair = z.tuple([number, number]);

const latentCorrelation = z.object({
  model: z.literal('latent-correlation'),
  contexts: texts,
  attributes: z.int().nonnegative(),
  choices: z.object({ starts: z.instanceof(Int32Array), differences: numbers, outcomes: numbers }),
  reports: z.array(z.object({ name: z.string(), means: numbers, se: numbers })),
  scales: z.boolean(),
  reportWeights: z.boolean(),
});

const measured = z.object({
  values: numbers,
  errors: numbers,
  scaling: z.object({ origin: number, unit: number }),
});

const correlationWithError = z.object({
  model: z.literal('correlation-with-error'),
  x: measured,
  y: measured,
  errorCorrelations: numbers,
  rhoPrior: number,
});

/** The form of a job; values and sizes are checked where the model is made of it (`modelOf`). */
const job = z.strictObject({
  name: z.string(),
  specification: z.discriminatedUnion('model', [
    regression.extend({ model: z.literal('regression').optional() }),
    latentCorrelation,
    correlationWithError,
  ]),
  keepDraws: z.union([z.boolean(), z.literal('for-onFit')]).optional(),
  keepChains: z.boolean().optional(),
  controlMeans: z.union([z.boolean(), z.object({ scaledTo: number })]).optional(),
  keepGradients: z.boolean().optional(),
  nameInErrors: z.boolean().optional(),
});

const batchSchema = z.strictObject({ settings, jobs: z.array(job) });

const result = z.strictObject({
  name: z.string(),
  algorithm: z.string(),
  parameters: z.array(
    parameterSummary.extend({ mode: number, hdi: pair, hdiMcse: pair, mcseMode: number }),
  ),
  diagnostics: z.object({
    maxRhat: number,
    minEssBulk: number,
    minEssTail: number,
    divergences: number,
    maxDepthHits: number,
    minEbfmi: number,
    paretoK: number.nullable(),
  }),
  warnings: texts,
  sampledAs: z.string().optional(),
  draws: draws.optional(),
  chains: z.array(chain).optional(),
  gradients: z
    .object({
      values: numbers,
      responses: z.array(
        z.object({ scale: z.enum(['identity', 'log']), derivatives: numbers }).nullable(),
      ),
    })
    .optional(),
  controlledMeans: z.array(z.object({ mean: number, mcse: number })).optional(),
});

const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), value: result }),
  z.strictObject({
    kind: z.literal('failed'),
    message: z.string(),
    code: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    stack: z.string().optional(),
  }),
]);
