/** A described study as a design: its items, its stages, and what may not change half-way. */
import { requireAnalyses } from '../analyses.js';
import { toFileKeys } from '../configuration/configuration.js';
import { type CommonDesign, checksum, type Stage } from '../design.js';
import { answerColumns } from './columns.js';
import type { DescribedConfiguration, DescribedFile, ItemSet } from './configuration.js';
import { type Item, type ItemSource, readItems } from './items.js';
import { type ItemSets, planDescribed } from './stages.js';

export interface DescribedDesign extends CommonDesign {
  readonly kind: 'described';
  readonly configuration: DescribedConfiguration;
  readonly sets: ItemSets;
}

/**
 * Reads the items, and renders every prompt once, so that a mistake is found before anything is paid
 * for.
 * @throws WeighbridgeError `missing-file`, `bad-data`, `bad-configuration`
 */
export async function readDescribedDesign(
  configuration: DescribedConfiguration,
  source: ItemSource,
): Promise<DescribedDesign> {
  const sets = await readSets(configuration.items, source);
  const stages = planDescribed(configuration, sets, source);
  const columns = columnsOf(stages);
  requireAnalyses(configuration.analysis, collectionIds(configuration), columns, source);
  return {
    ...{ kind: 'described', configuration, sets, stages },
    fixed: fixedPart(configuration, sets),
    checksums: () =>
      Object.fromEntries([...sets].map(([name, items]) => [`items ${name}`, checksumOf(items)])),
  };
}

/** Ids of the stages whose answers can be analysed: those of the file, or one of each task. */
function collectionIds({ stages, tasks }: DescribedConfiguration): string[] {
  if (!stages) return Object.keys(tasks);
  return stages.flatMap(({ kind, id }) => (kind === 'answers' ? [id] : []));
}

/** Columns of the table of answers, except those that depend on the answers. */
function columnsOf(stages: readonly Stage[]): string[] {
  const shown = stages.flatMap((stage) =>
    stage.kind === 'training' || stage.trials.length === 0 ? [] : [...stage.shown(0).keys()],
  );
  return [...new Set([...answerColumns, ...shown])];
}

const ONLY_SET = 'items';

async function readSets(
  items: DescribedConfiguration['items'],
  source: ItemSource,
): Promise<ItemSets> {
  if (isSet(items)) {
    return new Map([[ONLY_SET, await readItems(items as ItemSet, ['items'], source)]]);
  }
  const sets = new Map<string, Item[]>();
  for (const [name, set] of Object.entries(items)) {
    sets.set(name, await readItems(set as ItemSet, ['items', name], source));
  }
  return sets;
}

/** One set, and not several by name. */
function isSet(items: DescribedConfiguration['items']): boolean {
  return (
    typeof items === 'string' ||
    typeof Object(items).file === 'string' ||
    typeof Object(items).generator === 'string'
  );
}

function checksumOf(items: readonly Item[]): string {
  return checksum(items.map(({ id, fields }) => [id, fields]));
}

/** Flat, so that a message can name the key that differs. Prices and the analysis may change. */
function fixedPart(configuration: DescribedConfiguration, sets: ItemSets): Record<string, unknown> {
  const { study, pack, models, tasks, stages } = toFileKeys<DescribedFile>(configuration);
  const entries = (group: string, values: object) =>
    Object.entries(values).map(([key, value]) => [`${group}.${key}`, value] as const);
  return Object.fromEntries([
    ['study', study],
    ['pack', pack],
    ...entries('tasks', tasks),
    ...(stages ?? []).map((stage) => [`stages.${stage.id}`, stage] as const),
    ['models (names)', models.map(({ name }) => name)],
    ['models (trained)', models.map(({ trained }) => trained)],
    ['models (fine_tuning)', models.map(({ fine_tuning }) => fine_tuning)],
    ...[...sets].map(([name, items]) => [`the contents of the items '${name}'`, checksumOf(items)]),
  ]);
}
