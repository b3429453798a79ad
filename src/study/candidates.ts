/**
 * Decision contexts and agents to make a study of, as they ship in `fixtures/` or in the same form
 * from anyone else: the authors' `candidate_scenarios.json` and `roles.csv`.
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { WeighbridgeError } from '../errors.js';
import type { Context } from './context.js';
import { readTable, readText } from './csv.js';

const attributeSchema = z.object({
  name: z.string().min(1),
  units: z.string(),
  range: z.tuple([z.number(), z.number()]).refine(([min, max]) => max > min, {
    message: 'the maximum must be above the minimum',
  }),
});

const candidateSchema = z.object({
  short_name: z.string().min(1),
  question: z.string().min(1),
  attributes: z.array(attributeSchema).min(2),
});

/** A context without an agent yet. */
export type Candidate = z.infer<typeof candidateSchema>;

/** @throws WeighbridgeError `missing-file`, `bad-data` with the place in the file */
export async function readCandidates(path: string): Promise<Candidate[]> {
  const file = basename(path);
  const text = await readText(path, 'decision contexts as JSON');
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    // The parser quotes what it found, line ends and all.
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ');
    throw new WeighbridgeError('bad-data', `${file} is not JSON: ${reason}`, { cause });
  }
  const parsed = z.array(candidateSchema).safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new WeighbridgeError(
      'bad-data',
      `${file}, at ${issue?.path.join('.')}: ${issue?.message}`,
      { cause: parsed.error },
    );
  }
  return parsed.data;
}

/** One agent a line under the header `role`. */
export async function readAgents(path: string): Promise<string[]> {
  const table = await readTable(path, 'agents, one a line', () => ['role']);
  return table.rows.map((row) => row.cells[0] ?? '');
}

/** The context in which this agent is asked. */
export function contextFor(
  { short_name, question, attributes }: Candidate,
  agent: string,
): Context {
  return {
    name: short_name,
    question: `Imagine you are ${agent}. ${question}`,
    attributes: attributes.map(({ name, units, range: [min, max] }) => ({ name, min, max, units })),
  };
}
