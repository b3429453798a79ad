/**
 * What was asked and answered in a study, as `contexts.json`, `trials.json` and `reports.json` hold
 * it.
 */
import type { Setting } from '../../analysis/learned-weights.js';
import { bothSettings } from '../../analysis/weights-of-study.js';
import type { Choice, Context, WeightReport } from '../../study/context.js';
import type { ReportFile } from '../../study/layout.js';
import type { BaseModelRecord, Study } from '../../study/read-study.js';
import {
  type ByContext,
  type ContextRecord,
  type ReportRecord,
  reportSettings,
  type TrialRecord,
} from './format.js';

/** Every answer of a study, with the words of it where they are on record. */
export interface Answers {
  readonly trials: ByContext<TrialRecord>;
  readonly reports: ByContext<ReportRecord>;
}

/** The answers as the authors' layout holds them: those that could be used, without their words. */
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

/** In the order in which they were given. */
export function grouped<From extends { readonly context: string }, To>(
  all: Iterable<From>,
  recordOf: (one: From) => To,
): Record<string, To[]> {
  const groups = new Map<string, To[]>();
  for (const one of all) {
    const group = groups.get(one.context);
    if (group) group.push(recordOf(one));
    else groups.set(one.context, [recordOf(one)]);
  }
  return Object.fromEntries(groups);
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

/** Units that prompts showed, where the study's own contexts do not hold them. */
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
      // Weights were drawn for more contexts than had them instilled.
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

/** Questions are one sentence; names such as 'Pearl S. Buck' may look like several. */
function agentIn(question: string): string {
  return /^Imagine you are (.+)\. /s.exec(question)?.[1] ?? '';
}
