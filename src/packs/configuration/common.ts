/** The parts of `study.yaml` that every study has: server, models, budget. */
import { z } from 'zod';
import { nameProblem, refuse } from '../../study/names.js';

export const name = z.string().trim().min(1).superRefine(refuse(nameProblem));
export const seed = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);
export const count = (least: number, most = 100_000) => z.number().int().min(least).max(most);
const limit = z.number().positive().nullable();

/** A file in the study's folder: a configuration may not name files elsewhere. */
export const localFile = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected the name of a file in the study’s folder');

const serverUrl = z
  .url({ protocol: /^https?$/, error: 'expected a URL that begins with http:// or https://' })
  .refine((text) => !/^https?:\/\/[^/]*@/.test(text), {
    message: 'expected no user name or password in the URL: keys come from the environment',
  });

const server = z.strictObject({
  base_url: serverUrl.default('https://api.openai.com/v1'),
  key_variable: z
    .string()
    .regex(/^[A-Z_a-z][A-Z_a-z0-9]*$/, 'expected the name of an environment variable')
    .nullable()
    .default('OPENAI_API_KEY'),
  mode: z.enum(['live', 'batch']).default('live'),
  logprobs: z.boolean().default(false),
  concurrency: count(1, 1024).default(16),
  requests_per_minute: limit.default(500),
  tokens_per_minute: limit.default(200_000),
  timeout_seconds: z.number().positive().max(3600).default(60),
  attempts: count(1, 100).default(8),
  outage_minutes: z.number().min(0).max(10_080).default(20),
  poll_seconds: z.number().positive().max(3600).default(20),
});

/** USD per million tokens. */
const prices = z.strictObject({
  input: z.number().min(0),
  output: z.number().min(0),
  fine_tuned_input: z.number().min(0),
  fine_tuned_output: z.number().min(0),
  training: z.number().min(0),
});

const rateOrAuto = z.union([z.number().positive(), z.literal('auto')]);
const sizeOrAuto = z.union([count(1, 256), z.literal('auto')]);

const fineTuning = z.strictObject({
  epochs: count(1, 50).default(3),
  learning_rate_multiplier: rateOrAuto.default(2),
  batch_size_preferences: sizeOrAuto.default(10),
  batch_size_introspection: sizeOrAuto.default(1),
});

/**
 * A model of a study.
 * @param trained names of models trained elsewhere, by training: those trainings count as done
 */
export const modelSchema = <Trained extends z.ZodType>(trained: Trained) =>
  z.strictObject({
    name,
    fine_tuning: fineTuning.prefault({}),
    trained,
    prices: prices.nullable().default(null),
  });

const budget = z.strictObject({
  requests: limit.default(null),
  tokens: limit.default(null),
  usd: limit.default(null),
});

export const LONGEST_STUDY_NAME = 18;

/** The keys that every study has, beside its models. */
export const commonShape = {
  study: name.max(
    LONGEST_STUDY_NAME,
    `expected at most ${LONGEST_STUDY_NAME} characters: it goes into the names of trained models`,
  ),
  server: server.prefault({}),
  budget: budget.prefault({}),
};

type Priced = {
  readonly budget: { readonly usd: number | null };
  readonly models: readonly { readonly prices: unknown }[];
};

/** Adds an issue if a budget in USD cannot be kept because a price is unknown. */
export function requirePrices(
  { budget, models }: Priced,
  { addIssue }: { addIssue(issue: { code: 'custom'; message: string; path: string[] }): void },
): void {
  if (budget.usd === null || models.every(({ prices }) => prices)) return;
  const message = 'a budget in USD needs the prices of every model';
  addIssue({ code: 'custom', message, path: ['budget', 'usd'] });
}

type CamelCase<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Key;

/** Below these keys, the keys are the user's names. */
const ownNames = [
  ...['trained', 'set', 'keys', 'items', 'where', 'measured', 'prior'],
  // Analyses of packs read their settings as the file has them.
  'analysis',
] as const;
/** Directly below these keys, the keys are the user's names. */
const ownEntries = ['tasks'] as const;

/** With keys in camel case, except those that are names. */
export type CamelKeys<T> = T extends readonly (infer Item)[]
  ? CamelKeys<Item>[]
  : T extends object
    ? {
        [Key in keyof T as CamelCase<Key & string>]: Key extends (typeof ownNames)[number]
          ? T[Key]
          : Key extends (typeof ownEntries)[number]
            ? { [Name in keyof T[Key]]: CamelKeys<T[Key][Name]> }
            : CamelKeys<T[Key]>;
      }
    : T;

export function camelKeys(value: unknown): unknown {
  return renamed(value, (key) => key.replace(/_(.)/g, (_, next: string) => next.toUpperCase()));
}

export function snakeKeys(value: unknown): unknown {
  return renamed(value, (key) => key.replace(/[A-Z]/g, (at) => `_${at.toLowerCase()}`));
}

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => renamed(one, rename));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    rename(key),
    isAmong(ownNames, key)
      ? inner
      : isAmong(ownEntries, key) && isPlainObject(inner)
        ? mapValues(inner, (one) => renamed(one, rename))
        : renamed(inner, rename),
  ]);
  return Object.fromEntries(entries);
}

function isAmong(names: readonly string[], key: string): boolean {
  return names.includes(key);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapValues(
  object: Readonly<Record<string, unknown>>,
  change: (value: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

export type ModelConfiguration = CamelKeys<
  Omit<z.infer<ReturnType<typeof modelSchema<z.ZodUnknown>>>, 'trained'>
> & {
  /** Models trained elsewhere, by training. */
  readonly trained: Readonly<Record<string, string | undefined>>;
};

/** What every study's configuration has. */
export type CommonConfiguration = CamelKeys<{
  study: string;
  server: z.infer<typeof server>;
  budget: z.infer<typeof budget>;
}> & { readonly models: readonly ModelConfiguration[] };
