/**
 * Validates a fit that was read from a file: every field that other code relies on, and the
 * agreement of counts. Other fields are not checked.
 */
import { z } from 'zod';
import {
  familyNames,
  isOwnName,
  type OwnName,
  thresholdKinds,
} from '../../models/families/family.js';
import { badArgument, described, isRecord } from '../checks/values.js';
import { priorClasses } from '../regression/priors/prior-rows.js';
import { algorithms } from '../sampler/settings.js';

const numbers = z.instanceof(Float64Array);
const number = z.custom<number>((value) => typeof value === 'number', 'expected a number');
const count = z.int().nonnegative();
const names = z.array(z.string());

const matrix = z
  .object({ names, rows: count, values: numbers })
  .refine(({ names, rows, values }) => values.length === rows * names.length, {
    message: 'the number of values of the matrix is not rows times columns',
  });

export const draws = z
  .object({ parameterNames: names, chains: count, drawsPerChain: count, values: numbers })
  .refine(
    ({ parameterNames, chains, drawsPerChain, values }) =>
      values.length === chains * drawsPerChain * parameterNames.length,
    { message: 'the number of draws is not chains times draws times parameters' },
  );

/** One parameter of a fit, as it is saved. */
export const parameterSummary = z.object({
  name: z.string(),
  mean: number,
  median: number,
  sd: number,
  q5: number,
  q95: number,
  rhat: number,
  essBulk: number,
  essTail: number,
  mcseMean: number,
});

export const chain = z.object({
  algorithm: z.string(),
  energy: numbers,
  stepSize: number,
  inverseMetric: numbers,
  acceptance: number,
  divergences: count,
  maxDepthHits: count,
  leapfrogSteps: count,
  warmupLeapfrogSteps: count,
});

const fit = z
  .object({
    draws,
    summary: z.array(parameterSummary),
    diagnostics: z.object({ maxRhat: number, minEssBulk: number, minEssTail: number }),
    warnings: names,
    chains: z.array(chain),
  })
  .refine(({ draws, chains }) => chains.length === draws.chains, {
    message: 'the number of chains differs from that of the draws',
  })
  .refine(({ draws, summary }) => summary.length === draws.parameterNames.length, {
    message: 'the number of summary rows differs from the number of parameters',
  });

const family = z.object({
  family: z.enum([...familyNames, 'custom']),
  link: z.string(),
  thresholds: count.optional(),
  threshold: z.enum(thresholdKinds).optional(),
  thresholdGroups: z.array(z.object({ name: z.string(), thresholds: count })).optional(),
  predicted: names.optional(),
  custom: z.object({ name: z.string() }).loose().optional(),
});
const isClassOfOwn = (name: unknown) => typeof name === 'string' && isOwnName(name);
const prior = z.object({ distribution: z.string() });
const priorRow = z.object({
  class: z.union([z.enum(priorClasses), z.custom<OwnName>(isClassOfOwn)]),
  prior,
});

const column = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('numeric'), values: numbers }),
  z.object({ kind: z.literal('boolean'), codes: z.instanceof(Int8Array) }),
  z.object({ kind: z.literal('factor'), levels: names, codes: z.instanceof(Int32Array) }),
]);

const levelOf = z.instanceof(Int32Array);

const groupDesign = z.object({
  group: z.string(),
  matrix,
  levels: names,
  levelOf,
  newLevels: z.instanceof(Map),
  correlated: z.boolean(),
  parameter: z.string().optional(),
  further: z.array(z.object({ levelOf, newLevels: z.instanceof(Map), values: numbers })).optional(),
});

const parts = z
  .array(z.object({ parameter: z.string(), intercept: z.boolean(), first: count, columns: count }))
  .optional();
const limits = z.object({ from: numbers, to: numbers, after: numbers, upTo: numbers });
const terms = z
  .array(
    z.object({
      kind: z.string(),
      name: z.string(),
      columns: count,
      parameter: z.string().optional(),
      text: z.string().optional(),
      kernel: z.string().optional(),
      frequencies: z.array(number).optional(),
      leastGap: number.optional(),
      range: number.optional(),
      shortest: number.optional(),
    }),
  )
  .optional();
const choiceSets = z.object({ count, of: z.instanceof(Int32Array) });

const latent = z.object({
  name: z.string(),
  kind: z.enum(['noisy', 'missing']),
  observed: numbers,
  errors: numbers,
  unitOf: z.instanceof(Int32Array),
  intercept: z.boolean(),
});
const latentTerms = z.array(z.object({ column: count, variable: count, factors: numbers }));

const frame = z.object({
  design: z.object({ formula: z.object({ text: z.string() }), intercept: z.boolean() }),
  encoded: z.object({
    rows: count,
    population: matrix,
    groups: z.array(groupDesign),
    offset: numbers.nullable(),
    parts,
    terms,
    thresholdGroup: z.instanceof(Int32Array).optional(),
    latents: z
      .object({
        variables: z.array(latent.extend({ labels: names.nullable(), population: matrix })),
        terms: latentTerms,
        isNew: z.boolean(),
      })
      .optional(),
  }),
  response: z.object({
    name: z.string(),
    values: numbers,
    trials: numbers.nullable(),
    weights: numbers.optional(),
    errors: numbers.optional(),
    limits: limits.optional(),
    sets: choiceSets.extend({ labels: names }).optional(),
    levels: names.nullable(),
  }),
  table: z.object({ rows: count, columns: z.record(z.string(), column) }),
  copied: z.instanceof(Int32Array).optional(),
  usedRows: z.instanceof(Int32Array),
  notes: names,
});

const groupEffects = z.object({
  group: z.string(),
  coefficients: names,
  levels: names,
  levelOf,
  values: numbers,
  correlated: z.boolean(),
  parameter: z.string().optional(),
  further: z.array(z.object({ levelOf, values: numbers })).optional(),
});

export const specification = z.object({
  family,
  data: z.object({
    rows: count,
    outcomes: numbers,
    trials: numbers.nullable(),
    weights: numbers.optional(),
    errors: numbers.optional(),
    limits: limits.optional(),
    offset: numbers.nullable(),
    intercept: z.boolean(),
    predictors: matrix,
    groups: z.array(groupEffects),
    parts,
    terms,
    priorParameters: names.optional(),
    sets: choiceSets.optional(),
    thresholdGroup: z.instanceof(Int32Array).optional(),
    latents: z
      .object({
        variables: z.array(latent.extend({ labels: names.optional(), predictors: matrix })),
        terms: latentTerms,
        correlated: z.boolean(),
      })
      .optional(),
  }),
  priors: z.object({
    intercept: prior.nullable(),
    coefficients: z.array(prior),
    terms: z.array(z.array(prior)).optional(),
    scales: z.array(z.object({ name: z.string(), prior })).optional(),
    sds: z.array(z.array(prior)),
    correlations: z.array(number.nullable()),
    auxiliary: z.array(prior),
    thresholds: z.array(prior).optional(),
    gaps: z.array(prior).optional(),
    latents: z
      .object({
        variables: z.array(
          z.object({ intercept: prior.nullable(), coefficients: z.array(prior), sd: prior }),
        ),
        correlation: number.nullable(),
      })
      .optional(),
  }),
});

export const settings = z.object({
  chains: count,
  warmup: count,
  draws: count,
  seed: z.union([number, z.string()]),
  algorithm: z.enum(algorithms),
  metric: z.string(),
  targetAcceptance: number,
  maxDepth: count,
  integrationTime: number,
  jitter: number,
  initialRange: number,
});

export const fittedRegression = z.object({
  formula: z.string(),
  family,
  reading: z.object({
    levels: z.record(z.string(), names).optional(),
    missing: z.enum(['drop', 'fail']).optional(),
  }),
  givenPriors: z.array(priorRow),
  priors: z.array(priorRow.extend({ text: z.string(), source: z.string() })),
  frame,
  specification,
  settings,
  fit,
  notes: names,
});

/** @throws WeighbridgeError `bad-argument` for anything but a fit of a regression */
export function requireFit(given: unknown): void {
  if (isFit(given)) return;
  const remedy = given instanceof Promise ? ': await it' : '';
  throw badArgument(
    `expected a fit, as regression() and loadFit() give one, found ${described(given)}${remedy}`,
  );
}

function isFit(given: unknown): boolean {
  if (!isRecord(given) || !isRecord(given.draws)) return false;
  return isRecord(given.frame) && isRecord(given.specification) && isRecord(given.settings);
}
