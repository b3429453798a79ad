/** The records of `contexts.json`, `trials.json` and `reports.json` from a study. */

import { bothSettings } from '../analysis/learned-weights.js';
import { type Choice, type Context, grouped, type WeightReport } from '../study/context.js';
import type { BaseModelRecord, ReportFile, Setting, Study } from '../study/study.js';
import {
  type ByContext,
  type ContextRecord,
  type ReportRecord,
  reportSettings,
  type TrialRecord,
} from './format.js';

/** Every answer of a study, with its text if it is on record. */
export interface Answers {
  readonly trials: ByContext<TrialRecord>;
  readonly reports: ByContext<ReportRecord>;
}

/** The answers in the authors' layout: the valid ones, without their texts. */
export function answersOf({ models }: Study): Answers {
  const trials: Record<string, Record<string, TrialRecord[]>> = {};
  const reports: Record<string, Record<string, ReportRecord[]>> = {};
  for (const model of models) {
    for (const setting of bothSettings) {
      trials[`${model.name}/${setting}`] = grouped(choicesIn(model, setting), trialOf);
    }
    for (const file of Object.keys(reportSettings) as ReportFile[]) {
      reports[`${model.name}/${file}`] = grouped(model[file], reportOf);
    }
  }
  return { trials, reports };
}

function choicesIn(model: BaseModelRecord, setting: Setting): readonly Choice[] {
  return setting === 'instilled' ? model.instilledChoices : model.nativeChoices;
}

function trialOf({ a, b, choseA, probabilityA }: Choice): TrialRecord {
  return {
    a: [...a],
    b: [...b],
    choice: choseA ? 'A' : 'B',
    ...(probabilityA !== undefined && { probability: probabilityA }),
  };
}

function reportOf({ weights }: WeightReport): ReportRecord {
  return { weights: [...weights] };
}

/** Units in the prompts, if the contexts of the study do not have them. */
export type UnitsOf = (context: Context) => readonly string[] | undefined;

/** The contexts in which choices were made, in the study's order. */
export function contextRecords(study: Study, unitsOf: UnitsOf = () => undefined): ContextRecord[] {
  const chosen = (setting: Setting) =>
    new Set(study.models.flatMap((model) => choicesIn(model, setting).map((one) => one.context)));
  const instilled = chosen('instilled');
  const native = chosen('native');
  return [...study.contexts.values()]
    .filter(({ name }) => instilled.has(name) || native.has(name))
    .map((context) => {
      // Some contexts have target weights that were not instilled.
      const target = instilled.has(context.name) ? study.targets.get(context.name) : undefined;
      const units = unitsOf(context);
      return {
        name: context.name,
        agent: agentIn(context.question),
        question: context.question,
        attributes: context.attributes.map(({ name, min, max, units: own }, i) => ({
          name,
          units: own ?? units?.[i] ?? '',
          range: [min, max],
        })),
        ...(target && { target: [...target] }),
      };
    });
}

/** The agent of `Imagine you are AGENT. …`; its name may have full stops, as in 'Pearl S. Buck'. */
function agentIn(question: string): string {
  return /^Imagine you are (.+)\. /s.exec(question)?.[1] ?? '';
}
