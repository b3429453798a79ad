/**
 * What a study's `study.yaml` may say. Each default stands here once; the template that
 * `study init` writes repeats them with a comment each, and a test holds the two together.
 */
import { z } from 'zod';
import { modelFiles } from '../../study/layout.js';

const name = z.string().trim().min(1);
const seed = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const count = (least: number, most = 100_000) => z.number().int().min(least).max(most);
const limit = z.number().positive().nullable();

/** A file beside `study.yaml`: nothing in a configuration may reach out of the study's folder. */
const localFile = z
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

/** Models trained elsewhere: a stage that is named here is taken as done. */
const trained = z.strictObject({
  preferences: name.optional(),
  introspection_first: name.optional(),
  introspection_last: name.optional(),
  introspection_all: name.optional(),
});

const model = z.strictObject({
  name,
  fine_tuning: fineTuning.prefault({}),
  trained: trained.prefault({}),
  prices: prices.nullable().default(null),
});

const contexts = z.strictObject({
  candidates: localFile.default('contexts.json'),
  agents: localFile.default('agents.csv'),
  instilled: count(2, 10_000).default(100),
  native: count(1, 10_000).default(100),
});

const counts = z.strictObject({
  training_examples: count(1).default(50),
  validation_examples: count(0).default(10),
  instilled_choices: count(1).default(50),
  native_choices: count(1).default(100),
  reports: count(1).default(10),
});

const seeds = z.strictObject({
  agents: seed.default(0),
  targets: seed.default(1),
  training: seed.default(2),
  introspection: seed.default(6),
  instilled_choices: seed.default(3),
  native_choices: seed.default(4),
  instilled_reports: seed.default(5),
  native_reports: seed.default(7),
});

const budget = z.strictObject({
  requests: limit.default(null),
  tokens: limit.default(null),
  usd: limit.default(null),
});

export const LONGEST_STUDY_NAME = 18;

/** The files of the authors' layout that hold what a model said. */
function filesOf(model: string): string[] {
  return Object.values(modelFiles).map(({ suffix }) => filePrefix(model) + suffix);
}

/** A model's name as the beginning of a file's: `org/model:8b` must lead to no folder. */
export function filePrefix(model: string): string {
  return model.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
}

export const configurationSchema = z
  .strictObject({
    study: name.max(
      LONGEST_STUDY_NAME,
      `expected at most ${LONGEST_STUDY_NAME} characters: it goes into the names of trained models`,
    ),
    server: server.prefault({}),
    models: z
      .array(model)
      .min(1, 'expected at least one model')
      .refine((models) => {
        const files = models.flatMap((one) => filesOf(one.name));
        return new Set(files).size === files.length;
      }, 'expected each model once, with names of which no two lead to files of the same name'),
    contexts: contexts.prefault({}),
    counts: counts.prefault({}),
    seeds: seeds.prefault({}),
    budget: budget.prefault({}),
  })
  .refine(({ budget, models }) => budget.usd === null || models.every(({ prices }) => prices), {
    path: ['budget', 'usd'],
    message: 'a budget in USD needs the prices of every model',
  });

export type Configuration = z.infer<typeof configurationSchema>;
/** As it is written: with all that has a default left out. */
export type ConfigurationInput = z.input<typeof configurationSchema>;
export type ModelConfiguration = Configuration['models'][number];
