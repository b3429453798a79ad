/**
 * The schema of a study that is described in `study.yaml`: items, tasks, models, stages, analysis.
 * What the keys mean to a user is in docs/own-study.md.
 */
import { z } from 'zod';
import { didYouMean, onOneLine } from '../../checks/names.js';
import {
  type CamelKeys,
  commonShape,
  count,
  localFile,
  modelSchema,
  name,
  requirePrices,
  seed,
} from '../configuration/common.js';

/** Names of fields in templates, and of columns in the table of answers. */
const fieldName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name of letters, digits and _');

/** Names of tasks, stages, item sets and trainings; they go into ids and file names. */
const plainName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a name of letters, digits, dot, _ and -');

const itemsFile = z.strictObject({
  file: localFile,
  /** Rows whose field has this value. */
  where: z.record(fieldName, z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/** Items that a pack makes; each generator states its own settings. */
const generated = z.looseObject({ generator: plainName });

const itemSet = z.union([localFile, itemsFile, generated]);

type Bounds = { [Key in 'from' | 'to' | 'min' | 'max']?: number | undefined };

const fromBelowTo = (range: Bounds) =>
  (range.from ?? range.min ?? 0) < (range.to ?? range.max ?? 0);

const label = z.union([
  z
    .string()
    .trim()
    .regex(/[\p{L}\p{N}]/u, 'expected a label with a letter or a digit'),
  z.number().transform(String),
]);

const labels = z
  .array(label)
  .min(2, 'expected at least two labels')
  .superRefine((all, { addIssue }) => {
    const key = (text: string) => text.toLowerCase();
    const second = all.findIndex((one, i) =>
      all.slice(0, i).some((other) => key(other) === key(one)),
    );
    if (second !== -1) {
      addIssue({
        code: 'custom',
        path: [second],
        message: `two options share the label '${all[second]}'`,
      });
    }
  });

const numberRange = z
  .strictObject({ min: z.number(), max: z.number() })
  .refine(fromBelowTo, { error: ({ input }) => turned(input, 'min', 'max') });

function turned(input: unknown, low: string, high: string): string {
  const range = Object(input);
  return `expected ${low} below ${high}, found ${low} ${range[low]} and ${high} ${range[high]}`;
}

/**
 * `choice`: one of the labels. `number`: within a range. `ordinal`: a grade of a scale, by number or
 * by label. `json`: numbers by key. `text`: anything, scored if there is a scorer.
 */
const answerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('choice'), labels: labels.optional() }),
  z
    .strictObject({ kind: z.literal('number'), min: z.number(), max: z.number() })
    .refine(fromBelowTo, { error: ({ input }) => turned(input, 'min', 'max') }),
  z
    .strictObject({
      kind: z.literal('ordinal'),
      from: z.number().int().optional(),
      to: z.number().int().optional(),
      labels: labels.optional(),
    })
    .refine(
      ({ from, to, labels: names }) =>
        (names !== undefined) !== (from !== undefined && to !== undefined),
      { message: 'expected either labels, lowest first, or from and to' },
    )
    .refine((scale) => scale.labels !== undefined || fromBelowTo(scale), {
      error: ({ input }) => turned(input, 'from', 'to'),
    }),
  z
    .strictObject({
      kind: z.literal('json'),
      keys: z.record(z.string(), numberRange).optional(),
      /** A field that lists names, or objects with a name; each is a key. */
      keys_from: fieldName.optional(),
      min: z.number().optional(),
      max: z.number().optional(),
    })
    .refine(({ keys, keys_from }) => (keys !== undefined) !== (keys_from !== undefined), {
      message: 'expected either keys, or keys_from with min and max',
    })
    .refine(
      (range) =>
        range.keys_from === undefined ||
        (range.min !== undefined && range.max !== undefined && fromBelowTo(range)),
      { error: ({ input }) => turned(input, 'min', 'max') },
    ),
  z
    .strictObject({
      kind: z.literal('text'),
      /** Compared with `expected`: 1 if it fits, else 0. */
      scorer: z.enum(['exact', 'includes', 'matches']).optional(),
      /** A template; a regular expression for `matches`. */
      expected: z.string().optional(),
    })
    .refine(({ scorer, expected }) => (scorer === undefined) === (expected === undefined), {
      message: 'a scorer needs expected, and expected a scorer',
    }),
]);

const taskSchema = z
  .strictObject({
    system: z.string().optional(),
    prompt: z.string().min(1),
    answer: answerSchema,
    /** Fields that hold the options, or one field that lists them. */
    options: z.union([z.array(fieldName).min(2), fieldName]).optional(),
    /** `random`: a random order in each trial. `balanced`: all orders equally often. */
    shuffle: z.enum(['none', 'random', 'balanced']).default('none'),
    repeats: count(1, 10_000).default(1),
    temperature: z.number().min(0).max(2).nullable().default(0),
    answer_tokens: count(1).optional(),
    seed: seed.nullable().default(null),
    reasoning_effort: z.string().min(1).nullable().default(null),
    reasoning_tokens: count(0, 1_000_000).default(0),
    json_schema: z.boolean().default(false),
    logprobs: z.boolean().default(false),
  })
  .refine(
    ({ options, shuffle, answer }) =>
      shuffle === 'none' || options !== undefined || answer.kind === 'ordinal',
    {
      path: ['shuffle'],
      message: 'expected options to shuffle, or an ordinal answer',
    },
  )
  .refine(({ logprobs, answer }) => !logprobs || ['choice', 'ordinal'].includes(answer.kind), {
    path: ['logprobs'],
    message: 'log-probabilities are of the labels of a choice or of an ordinal answer',
  })
  .refine(
    ({ options, answer }) =>
      answer.kind !== 'choice' || options !== undefined || answer.labels !== undefined,
    {
      path: ['answer'],
      message: 'a choice needs labels, or options in the task',
    },
  )
  .refine(
    ({ options, answer }) =>
      answer.kind !== 'choice' ||
      !Array.isArray(options) ||
      answer.labels === undefined ||
      answer.labels.length === options.length,
    { path: ['answer', 'labels'], message: 'expected as many labels as options' },
  );

/** Worked examples before the question: other items with the answers that were measured. */
const examplesSchema = z.strictObject({
  items: plainName.optional(),
  count: count(1, 1000),
  seed: seed.default(0),
  /** A template of the right answer, over the fields and `measured`. */
  answer: z.string().min(1),
  /** A template; as many examples as possible of each of its values. */
  balance: z.string().optional(),
});

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const stageCommon = {
  id: plainName,
  task: plainName,
  items: plainName.optional(),
  models: z.array(name).min(1).optional(),
  /** The training whose model is asked, or trained further. */
  after: plainName.nullable().default(null),
  /** Values that replace fields of every item. */
  set: z.record(fieldName, cell).default({}),
  /** Answers of other stages to the same item, as `measured.NAME` in templates. */
  measured: z.record(fieldName, plainName).optional(),
  /** Models whose answers are measured. @default the model that is asked */
  about: z.array(name).min(1).optional(),
};

const stageSchema = z.union([
  z.strictObject({
    ...stageCommon,
    kind: z.literal('training'),
    answer: z.string().min(1),
    balance: z.string().optional(),
    /** Most examples; of two trainings with the same seed the smaller is a part of the larger. */
    count: count(1).optional(),
    seed: seed.default(0),
  }),
  z.strictObject({
    ...stageCommon,
    kind: z.literal('answers').default('answers'),
    order: z.enum(['as given', 'random']).default('random'),
    seed: seed.default(0),
    examples: examplesSchema.optional(),
  }),
]);

/** One regression over the table of answers. */
const regressionSchema = z.strictObject({
  title: z.string().optional(),
  formula: z.string().min(1),
  family: z.string().default('gaussian'),
  prior: z.record(z.string(), z.string()).optional(),
  /** The levels of this column are compared in pairs. */
  compare: fieldName.optional(),
  /** Only answers of these stages. */
  stages: z.array(plainName).min(1).optional(),
  where: z.record(fieldName, z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/** An analysis of a pack, by name, with its settings. */
const packAnalysis = z.looseObject({ analysis: plainName });

export const analysisSchema = z.union([packAnalysis, regressionSchema]);

/** Packs in `fixtures/packs/`, beside the paper's. */
export const describedPacks: readonly string[] = ['ablation', 'judge', 'native-weights'];

function requirePack(name: string, { addIssue }: { addIssue(message: string): void }): void {
  if (describedPacks.includes(name)) return;
  const hint = didYouMean(name, describedPacks) || `; there is ${describedPacks.join(', ')}`;
  addIssue(`there is no pack '${onOneLine(name, 60)}'${hint}`);
}

export const describedSchema = z
  .strictObject({
    ...commonShape,
    pack: plainName.superRefine(requirePack).nullable().default(null),
    models: z
      .array(modelSchema(z.record(plainName, name).prefault({})))
      .min(1, 'expected at least one model')
      .superRefine((models, { addIssue }) => {
        const second = models.findIndex((one, i) =>
          models.slice(0, i).some((other) => other.name === one.name),
        );
        if (second !== -1) {
          addIssue({
            code: 'custom',
            path: [second, 'name'],
            message: `'${models[second]?.name}' is there twice`,
          });
        }
      }),
    items: z.union([itemSet, z.record(plainName, itemSet)]),
    tasks: z.record(plainName, taskSchema),
    stages: z.array(stageSchema).min(1, 'expected at least one stage').optional(),
    analysis: z.array(analysisSchema).default([]),
  })
  .superRefine(requirePrices);

/** As `study.yaml` holds it. */
export type DescribedFile = z.infer<typeof describedSchema>;
export type DescribedConfiguration = CamelKeys<DescribedFile>;
/** Keys that have a default may be left out. */
export type DescribedInput = CamelKeys<z.input<typeof describedSchema>>;
export type TaskConfiguration = CamelKeys<z.infer<typeof taskSchema>>;
export type AnswerKind = CamelKeys<z.infer<typeof answerSchema>>;
export type StageConfiguration = CamelKeys<z.infer<typeof stageSchema>>;
export type ItemSet = z.infer<typeof itemSet>;
export type AnalysisConfiguration = z.infer<typeof analysisSchema>;
