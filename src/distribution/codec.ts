/**
 * Jobs and their outcomes as compressed bytes, bit for bit, NaN and infinities too. What is read is
 * checked by schemas and bounded in size: it comes from other machines.
 */
import { deflateSync, inflateSync } from 'node:zlib';
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
import { bytesOf, valueIn } from './plain-bytes.js';

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

/** @throws WeighbridgeError `bad-argument` for jobs that are not plain data */
export function encodeJobs(batch: JobBatch): Uint8Array {
  return deflateSync(bytesOf(batch), { level: LEVEL });
}

/**
 * @param mostBytes uncompressed
 * @throws WeighbridgeError `damaged`
 */
export function decodeJobs(bytes: Uint8Array, mostBytes = MOST_BYTES): JobBatch {
  return decoded<JobBatch>('a batch of fits', batchSchema, bytes, mostBytes);
}

export function encodeOutcome(outcome: FitOutcome): Uint8Array {
  return deflateSync(bytesOf(outcome), { level: LEVEL });
}

/**
 * @param mostBytes uncompressed
 * @throws WeighbridgeError `damaged`
 */
export function decodeOutcome(bytes: Uint8Array, mostBytes = MOST_BYTES): FitOutcome {
  return decoded<FitOutcome>('a result', outcomeSchema, bytes, mostBytes);
}

/** The value as it was, with all its keys: a schema only checks. */
function decoded<T>(what: string, schema: z.ZodType, bytes: Uint8Array, mostBytes: number): T {
  let value: unknown;
  try {
    value = valueIn(inflateSync(bytes, { maxOutputLength: mostBytes }));
  } catch (cause) {
    throw damaged(what, reasonOf(cause, mostBytes), cause);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return value as T;
  const [issue] = checked.error.issues;
  throw damaged(what, `${issue?.path.join('.')}: ${issue?.message}`);
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
