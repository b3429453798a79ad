/**
 * Decision contexts and agents from which a study is assembled, as shipped in `fixtures/` or in
 * the same format: the authors' `candidate_scenarios.json` and `roles.csv`.
 */
import { z } from 'zod';
import { onOneLine } from '../checks/names.js';
import { WeighbridgeError } from '../errors.js';
import { type Context, expectedOfRange } from './context.js';
import { nameProblem, refuse, repeatedName, textProblem } from './names.js';
import { attributeCounts } from './prompts.js';

const text = z.string().superRefine(refuse(textProblem));
const name = z.string().superRefine(refuse(nameProblem));

const attributeSchema = z.strictObject({
  // In a prompt, the first `: ` ends the name.
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
    // Reports are JSON objects keyed by these names.
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
  // One table holds all contexts, with one column per attribute.
  const expected = candidates[0]?.attributes.length;
  const other = candidates.findIndex(({ attributes }) => attributes.length !== expected);
  if (other !== -1) {
    const found = candidates[other]?.attributes.length;
    const message = `${found} attributes, expected ${expected} as in the first context`;
    addIssue({ code: 'custom', message, path: [other, 'attributes'] });
  }
});

/** A context without an agent. */
export type Candidate = z.infer<typeof candidateSchema>;

/**
 * @param source origin of the contexts, for messages
 * @throws WeighbridgeError `bad-data` with the location of the problem
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

/**
 * Names the context at a path, if it has a name, because an index is hard to find in a long file.
 */
function contextNamed(json: unknown, [index]: readonly PropertyKey[]): string {
  const context = Array.isArray(json) && typeof index === 'number' ? json[index] : null;
  const name = z.object({ short_name: z.string() }).safeParse(context).data?.short_name;
  return name ? ` (context '${name}')` : '';
}

/** The context with this agent. */
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
