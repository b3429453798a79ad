/**
 * Decision contexts and agents to make a study of, as they ship in `fixtures/` or in the same form
 * from anyone else: the authors' `candidate_scenarios.json` and `roles.csv`.
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { WeighbridgeError } from '../errors.js';
import { type Context, expectedOfRange } from './context.js';
import { readTable, readText } from './csv.js';
import { nameProblem, onOneLine, refuse, repeatedName, textProblem } from './names.js';
import { attributeCounts } from './prompts.js';

const text = z.string().superRefine(refuse(textProblem));
const name = z.string().superRefine(refuse(nameProblem));

const attributeSchema = z.strictObject({
  // In a prompt the first `: ` ends the name.
  name: name.refine((name) => !name.includes(': '), {
    message: "a name must not hold ': '",
  }),
  units: text.default(''),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([min, max]) => max > min, { message: 'the maximum must be above the minimum' })
    .superRefine(([min, max], { addIssue }) => {
      const expected = max > min ? expectedOfRange(min, max) : null;
      if (expected) addIssue(`expected ${expected}`);
    }),
});

const attributesExpected = `expected ${attributeCounts.least} to ${attributeCounts.most} attributes`;

const candidateSchema = z.object({
  short_name: name,
  question: text.min(1),
  attributes: z
    .array(attributeSchema)
    .min(attributeCounts.least, attributesExpected)
    .max(attributeCounts.most, attributesExpected)
    // Reports are JSON objects whose keys are these names.
    .superRefine((attributes, { addIssue }) => {
      const twice = repeatedName(attributes.map(({ name }) => name));
      if (twice) addIssue({ code: 'custom', message: twice.message, path: [twice.index, 'name'] });
    }),
});

const candidatesSchema = z.array(candidateSchema).superRefine((candidates, { addIssue }) => {
  const twice = repeatedName(candidates.map(({ short_name }) => short_name));
  if (twice) {
    addIssue({ code: 'custom', message: twice.message, path: [twice.index, 'short_name'] });
  }
  // One table holds all contexts, with a column for each attribute.
  const expected = candidates[0]?.attributes.length;
  const other = candidates.findIndex(({ attributes }) => attributes.length !== expected);
  if (other !== -1) {
    const found = candidates[other]?.attributes.length;
    const message = `${found} attributes, expected ${expected} as in the first context`;
    addIssue({ code: 'custom', message, path: [other, 'attributes'] });
  }
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
  return parseCandidates(json, file);
}

/**
 * @param source what the contexts came from, for messages
 * @throws WeighbridgeError `bad-data` with the place in it
 */
export function parseCandidates(json: unknown, source: string): Candidate[] {
  const parsed = candidatesSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const place = path.length > 0 ? `, at ${path.join('.')}` : '';
  throw new WeighbridgeError(
    'bad-data',
    onOneLine(`${source}${place}: ${issue?.message}${contextNamed(json, path)}`, 1000),
    { cause: parsed.error },
  );
}

/** Which context a path leads to, where it has a name: a number is hard to find in a long file. */
function contextNamed(json: unknown, [index]: readonly PropertyKey[]): string {
  const context = Array.isArray(json) && typeof index === 'number' ? json[index] : null;
  const name = z.object({ short_name: z.string() }).safeParse(context).data?.short_name;
  return name ? ` (context '${name}')` : '';
}

/** One agent a line under the header `role`. */
export async function readAgents(path: string): Promise<string[]> {
  const table = await readTable(path, 'agents, one a line', () => ['role']);
  return table.rows.map((row) => {
    const agent = row.cells[0] ?? '';
    if (/[\r\n]/.test(agent)) {
      throw new WeighbridgeError(
        'bad-data',
        `${table.file}, row ${row.number}: a line break in ${JSON.stringify(agent)}, expected an agent on one line`,
      );
    }
    const problem = nameProblem(agent);
    if (problem) {
      throw new WeighbridgeError(
        'bad-data',
        `${table.file}, row ${row.number}: the agent '${onOneLine(agent)}' ${problem}`,
      );
    }
    return agent;
  });
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
