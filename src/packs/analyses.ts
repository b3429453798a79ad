/** Analyses that are more than a formula over the answers, by their name in `study.yaml`. */
import type { z } from 'zod';
import { didYouMean, onOneLine } from '../checks/names.js';
import { WeighbridgeError } from '../errors.js';
import { OtherShards } from '../fit/other-shards.js';
import type { SamplingOptions } from '../regression/regression.js';
import type { Section } from '../result/sections.js';
import {
  type AnalyseOptions,
  type AnswerColumns,
  formulaSection,
} from '../table-analysis/analyse-table.js';
import { analysisProblem } from '../table-analysis/analysis-problem.js';
import { causalSections, causalSettings } from './ablation/causal-sections.js';
import { explanationSections, explanationSettings } from './ablation/explanation-sections.js';
import type { AnalysisConfiguration } from './described/configuration.js';
import type { ItemSource } from './described/items.js';
import { weightSections, weightSettings } from './native-weights/weight-sections.js';

interface PackAnalysis {
  /** Schema of an entry of `analysis`, with its keys as in the file. */
  readonly settings: z.ZodObject;
  /** Settings that name stages: an id, or a list of ids. */
  readonly stageKeys: readonly string[];
  sections(
    columns: AnswerColumns,
    settings: unknown,
    sampling: SamplingOptions,
  ): Promise<Section[]>;
}

const packAnalyses: Readonly<Record<string, PackAnalysis>> = {
  explanations: {
    settings: explanationSettings,
    stageKeys: ['with', 'without', 'explained'],
    sections: explanationSections,
  },
  weights: {
    settings: weightSettings,
    stageKeys: ['choices', 'reports'],
    sections: weightSections,
  },
  causal_weights: {
    settings: causalSettings,
    stageKeys: ['chosen', 'equal', 'reported'],
    sections: causalSections,
  },
};

type Entry = AnalysisConfiguration;

/**
 * Runs the analyses of a study one after another, on its table of answers.
 * @throws WeighbridgeError `bad-formula`, `bad-argument` for an analysis that is wrong whatever the
 *   answers are
 */
export async function analyseAnswers(
  columns: AnswerColumns,
  analyses: readonly Entry[],
  options: AnalyseOptions = {},
): Promise<Section[]> {
  const { ordinalTasks: _, ...sampling } = options;
  const sections: Section[] = [];
  const shards = new OtherShards();
  for (const [i, entry] of analyses.entries()) {
    const found = await shards.goOn(async () => {
      if (!isOfPack(entry)) {
        const place = `analysis ${i + 1} (${entry.formula})`;
        return [await formulaSection(columns, entry, place, options)];
      }
      const named = packAnalyses[entry.analysis];
      if (!named) throw new RangeError(`no analysis named ${entry.analysis}`);
      return named.sections(columns, entry, sampling);
    });
    sections.push(...(found ?? []));
  }
  shards.end();
  return sections;
}

/**
 * Checks the names and settings of all analyses, and that their stages and columns exist, before
 * anything is collected.
 * @param stages ids of the stages, without their model
 * @param columns of the table of answers, as far as they are known
 * @throws WeighbridgeError `bad-configuration` with the line of the problem
 */
export function requireAnalyses(
  analyses: readonly Entry[],
  stages: readonly string[],
  columns: readonly string[],
  source: Pick<ItemSource, 'place'>,
): void {
  for (const [i, entry] of analyses.entries()) {
    const bad = (what: string, ...key: PropertyKey[]) => {
      const path = ['analysis', i, ...key];
      return new WeighbridgeError(
        'bad-configuration',
        `${source.place(path)}: ${path.join('.')}: ${onOneLine(what, 500)}`,
      );
    };
    for (const [key, stage] of stagesNamed(entry, bad)) {
      if (stages.includes(stage)) continue;
      throw bad(
        `there is no stage '${stage}'${didYouMean(stage, stages) || `; there is ${stages.join(', ')}`}`,
        key,
      );
    }
    const problem = isOfPack(entry) ? null : analysisProblem(entry, columns);
    if (problem) throw bad(problem.what, problem.key);
  }
}

type Bad = (what: string, ...key: PropertyKey[]) => WeighbridgeError;

/** The stages that an entry names, each with the key that names it. */
function stagesNamed(entry: Entry, bad: Bad): [string, string][] {
  if (!isOfPack(entry)) return (entry.stages ?? []).map((stage) => ['stages', stage]);
  const names = Object.keys(packAnalyses);
  const found = Object.hasOwn(packAnalyses, entry.analysis) && packAnalyses[entry.analysis];
  if (!found) {
    const hint = didYouMean(entry.analysis, names) || `; there is ${names.join(', ')}`;
    throw bad(`there is no analysis '${entry.analysis}'${hint}`, 'analysis');
  }
  const parsed = found.settings.safeParse(entry);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code !== 'unrecognized_keys') throw bad(`${issue?.message}`, ...(issue?.path ?? []));
    const [key = ''] = issue.keys;
    throw bad(`unknown key${didYouMean(key, Object.keys(found.settings.shape))}`, key);
  }
  return found.stageKeys.flatMap((key) =>
    [parsed.data[key] ?? []].flat().map((stage): [string, string] => [key, String(stage)]),
  );
}

function isOfPack(entry: Entry): entry is Extract<Entry, { analysis: string }> {
  return 'analysis' in entry;
}
