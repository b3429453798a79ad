/** The family that a command's flags name, or describe in a file. */
import { parse } from 'yaml';
import { z } from 'zod';
import { customOutcomes, type Family } from '../../models/families/family.js';
import { linksOf } from '../../models/families/index.js';
import { badArgument } from '../checks/values.js';
import { readText } from '../data-files/read-bytes.js';
import { isWeighbridgeError, WeighbridgeError } from '../errors.js';
import { customFamily } from '../regression/custom-family.js';
import { familyOf } from '../regression/options.js';
import type { FitFlags } from './fit-flags.js';

/**
 * @throws WeighbridgeError `bad-argument`; `bad-formula` for an expression of the file; `bad-data` for a file that
 *   cannot be read
 */
export async function familyOfFlags({
  family,
  link,
  threshold,
  familyFile,
}: Pick<FitFlags, 'family' | 'link' | 'threshold' | 'familyFile'>): Promise<Family> {
  if (familyFile !== undefined) {
    if (link ?? threshold) {
      throw badArgument('--link and --threshold are not for --family-file: the file says its link');
    }
    if (family !== 'gaussian') {
      throw badArgument('--family and --family-file both name a family: expected one of them');
    }
    return familyOfFile(familyFile);
  }
  return familyOf(family, { ...(link && { link }), ...(threshold && { threshold }) });
}

const ends = { lower: z.number().optional(), upper: z.number().optional() };

/** The options of `customFamily`, in snake case. */
const familySchema = z.strictObject({
  name: z.string(),
  outcome: z.enum(customOutcomes).optional(),
  ...ends,
  link: z.enum(linksOf('custom')).optional(),
  parameters: z.record(z.string(), z.strictObject({ ...ends, prior: z.string() })).optional(),
  where: z.record(z.string(), z.string()).optional(),
  log_density: z.string(),
  mean: z.string().optional(),
  random: z.string().optional(),
});

async function familyOfFile(file: string): Promise<Family> {
  const text = await readText(file, 'a family as YAML, with name, parameters and log_density');
  try {
    const { log_density: logDensity, ...others } = familySchema.parse(parse(text));
    return customFamily({ ...others, logDensity });
  } catch (error) {
    const code = isWeighbridgeError(error) ? error.code : 'bad-data';
    throw new WeighbridgeError(code, `${file}: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const issue = error.issues[0];
    return `${issue?.path.join('.') || 'the file'}: ${issue?.message}`;
  }
  // The parser's message ends with a colon and an excerpt.
  return error instanceof Error ? error.message.replace(/:?\n[\s\S]*$/, '') : String(error);
}
