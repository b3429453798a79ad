/** The built command, in this process or run as its users run it, and the shape of the JSON that it promises. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { inProcess } from './in-process.js';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));
export const cli = join(checkout, 'dist/node/main.js');

export interface Outcome {
  /** Exit code; null for a command that a signal ended. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Environment = Readonly<Record<string, string>>;

/** The environment of a plain pipe: a test runner may ask for colours, which are not tested here. */
export function plainEnvironment(changes: Environment = {}): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, WEIGHBRIDGE_DEBUG: __, ...environment } = process.env;
  return { ...environment, NO_COLOR: '1', ...changes };
}

/** Runs any command in the checkout. */
export async function run(
  file: string,
  args: readonly string[],
  changes: Environment = {},
): Promise<Outcome> {
  const running = promisify(execFile)(file, [...args], {
    cwd: checkout,
    env: plainEnvironment(changes),
    maxBuffer: 64 * 1024 * 1024,
    // As long as any test may take: a command that hangs does not outlive its test.
    timeout: 300_000,
  });
  const { stdout, stderr } = await running.catch(
    (failed: Pick<Outcome, 'stdout' | 'stderr'>) => failed,
  );
  return { code: running.child.exitCode, stdout, stderr };
}

/** Runs the command in this process. */
export function weighbridge(args: readonly string[], environment?: Environment): Promise<Outcome> {
  return inProcess(args, { environment });
}

/** Runs the command in a process of its own. */
export function weighbridgeAlone(args: readonly string[], changes?: Environment): Promise<Outcome> {
  return run(process.execPath, [cli, ...args], changes);
}

/** Few draws: what is tested is the command, not the sampler. */
export const SHORT = ['--warmup', '100', '--draws', '60', '--workers', '1'] as const;

export function reproduce(folder: string, ...more: readonly string[]): Promise<Outcome> {
  return weighbridge(['reproduce', '--data', folder, ...SHORT, ...more]);
}

/** What a person sees of an error: one line, no stack. */
export function errorLines({ stderr }: Outcome): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('error:'));
}

export function warningLines({ stderr }: Outcome): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('warning:'));
}

export const STACK_LINE = /^\s+at /m;

const interval = z
  .tuple([z.number(), z.number()])
  .refine(([low, high]) => low <= high, { message: 'low is above high' });
const errors = z.tuple([z.number().min(0), z.number().min(0)]);
const correlation = z.object({
  n: z.int(),
  r: z.number().min(-1).max(1),
  estimate: z.number(),
  estimate_mcse: z.number().min(0),
  hdi: interval,
  hdi_mcse: errors,
});
const effect = z.object({ n: z.int(), median: z.number(), hpd: interval, hpd_mcse: errors });
const correlationSet = {
  correlations: z.record(z.string(), correlation),
  effects: z.strictObject({ instilled: effect, native: effect }),
};
const five = <T extends z.ZodType>(item: T) => z.array(item).length(5);
const contextWeights = z.object({
  scenario: z.string().min(1),
  n: z.int(),
  b: five(z.number()),
  scaled: five(z.int().min(-100).max(100)),
  hdi: five(interval),
  intercept: z.number(),
});
const percentByModel = z.record(z.string(), z.number().min(0).max(100));

/** Every key that other programs may count on. */
const reproduction = z.object({
  weighbridge: z.string(),
  data: z.object({
    folder: z.string(),
    simulated: z.boolean(),
    description: z.string().optional(),
  }),
  settings: z.object({ seed: z.int(), chains: z.int(), warmup: z.int(), draws: z.int() }),
  weigh_choices: z.enum(['as-made', 'by-probability']),
  pooling: z.enum(['none', 'partial']),
  models: z.array(z.string()),
  ...correlationSet,
  weights: z.record(z.string(), z.array(contextWeights)),
  choices_agreeing_with_target_pct: percentByModel,
  native_choices_predicted_pct: percentByModel,
  invalid_reports_pct: percentByModel,
  appendix_d: z.object({
    reports_vs_target: z.record(z.string(), correlation),
    without_weights_of_100: z.object(correlationSet),
  }),
  figures: z.array(
    z.object({
      figure: z.string(),
      model: z.string().nullable(),
      published: z.number().nullable(),
      published_hdi: interval.nullable(),
      ours: z.number(),
      hdi: interval.nullable(),
      agreement: z.enum(['same', 'Monte Carlo', 'close', 'within HDI', 'differs', 'not published']),
    }),
  ),
  diagnostics: z.object({
    max_rhat: z.number(),
    min_ess_bulk: z.number(),
    min_ess_tail: z.number(),
    divergences: z.int(),
  }),
  warnings: z.array(z.string()),
  seconds: z.number().positive(),
});

export type ReproductionJson = z.infer<typeof reproduction>;

/** Parses the whole text as the JSON that was promised, or throws with the key that is wrong. */
export function parseReproduction(text: string): ReproductionJson {
  return reproduction.parse(JSON.parse(text));
}
