/** Items that are made instead of read: `items: { generator: NAME, … }`. */
import { z } from 'zod';
import { readAgents, readCandidates } from '../../authors-files/read-candidates.js';
import { badData } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import { normalizedDifferences } from '../../study/context.js';
import { formatFloat } from '../../study/python-format.js';
import { assignAgents, drawTrials, type Trial } from '../../study/stimuli.js';
import { count, localFile, seed } from '../configuration/common.js';
import type { Cell } from '../design.js';
import type { Item, ItemSource } from './items.js';

type Generator = (
  settings: Readonly<Record<string, unknown>>,
  path: readonly PropertyKey[],
  source: ItemSource,
) => Promise<Item[]>;

/** Pairs of options in decision contexts, drawn as in the paper. */
const choicesSchema = z.strictObject({
  generator: z.literal('choices'),
  contexts: localFile.default('contexts.json'),
  agents: localFile.default('agents.csv'),
  /** Contexts to leave out before the first. */
  skip: count(0).default(0),
  /** Contexts. @default all */
  count: count(1).optional(),
  /** Pairs of options in each context. */
  per_context: count(1).default(50),
  seed: seed.default(3),
  agents_seed: seed.default(0),
});

async function choices(
  settings: Readonly<Record<string, unknown>>,
  path: readonly PropertyKey[],
  { pathOf, place }: ItemSource,
): Promise<Item[]> {
  const parsed = choicesSchema.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = [...path, ...(issue?.path ?? [])];
    throw new WeighbridgeError(
      'bad-configuration',
      `${place(at)}: ${at.join('.')}: ${issue?.message}`,
    );
  }
  const wanted = parsed.data;
  const candidates = await readCandidates(pathOf(wanted.contexts));
  const agents = await readAgents(pathOf(wanted.agents));
  const last = wanted.count === undefined ? candidates.length : wanted.skip + wanted.count;
  if (candidates.length < last || last <= wanted.skip) {
    throw badData(
      `${wanted.contexts} holds ${candidates.length} contexts, expected at least ${Math.max(last, wanted.skip + 1)} (skip ${wanted.skip} + count ${wanted.count ?? 1})`,
      { file: wanted.contexts },
    );
  }
  const contexts = assignAgents(candidates, agents, wanted.agents_seed).slice(wanted.skip, last);
  return drawTrials(contexts, wanted.per_context, wanted.seed).map((trial, i) => {
    const number = (i % wanted.per_context) + 1;
    return choiceItem(trial, `${trial.context.name}/${number}`, wanted.contexts);
  });
}

/**
 * Fields: `context`, `question`, and `attributes`, each with `name`, `units`, `min`, `max`, and the
 * values `a` and `b` as the paper prints them. Columns: `context`, and by attribute its name
 * `attribute_1`, the values `a_1`, `b_1` and their difference in ranges `d_1`.
 */
function choiceItem(trial: Trial, id: string, place: string): Item {
  const { context, a, b } = trial;
  const differences = normalizedDifferences(context, trial);
  const numbered = (name: string, values: readonly Cell[]) =>
    values.map((value, i) => [`${name}_${i + 1}`, value] as const);
  return {
    ...{ id, place },
    fields: {
      context: context.name,
      question: context.question,
      attributes: context.attributes.map(({ name, units = '', min, max }, i) => ({
        ...{ name, units, min, max },
        a: formatFloat(a[i] ?? Number.NaN),
        b: formatFloat(b[i] ?? Number.NaN),
      })),
    },
    cells: new Map<string, Cell>([
      ['context', context.name],
      ...numbered(
        'attribute',
        context.attributes.map(({ name }) => name),
      ),
      ...numbered('a', a),
      ...numbered('b', b),
      ...numbered('d', differences),
    ]),
  };
}

export const generators: Readonly<Record<string, Generator>> = { choices };
