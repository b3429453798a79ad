/** Finds what a request names in the result: a model, a context, a trial, a fit. */

import { type ChosenTrial, checkChoices } from '../analysis/choice-check.js';
import { scaleFactor } from '../analysis/standardize.js';
import type { Draws } from '../posterior/draws.js';
import { drawsOfRecord } from '../posterior/summary.js';
import {
  type ContextRecord,
  type FitRecord,
  type ReportRecord,
  reportSettings,
  type TrialRecord,
} from '../result/format.js';
import type { ResultFolder } from '../result/read-result.js';
import type { Context } from '../study/context.js';
import type { Options } from '../study/prompts.js';
import type { ReportFile, Setting } from '../study/study.js';
import { NotFound } from './replies.js';
import type { CheckReply, FitEntry, FitReply } from './wire.js';

interface Place {
  readonly model: string;
  readonly setting: Setting;
  readonly context: string;
}

type Names = Readonly<Record<string, string | undefined>>;

/** Model, setting and context of a query. */
export function placeOf(folder: ResultFolder, { model, setting, context }: Names): Place {
  if (model === undefined || !folder.result.models.includes(model)) {
    throw new NotFound(
      `no model named ${shown(model)}: expected one of ${folder.result.models.join(', ')}`,
    );
  }
  if (setting !== 'instilled' && setting !== 'native') {
    throw new NotFound(`no setting named ${shown(setting)}: expected instilled or native`);
  }
  return { model, setting, context: contextOf(folder, context).name };
}

export function contextOf(folder: ResultFolder, name: string | undefined): ContextRecord {
  const context = folder.contexts.find((known) => known.name === name);
  if (!context) throw new NotFound(`no context named ${shown(name)}`);
  return context;
}

export function fitOf(folder: ResultFolder, name: string): FitRecord {
  const fit = folder.fits.find((known) => known.name === name);
  if (!fit) throw new NotFound(`no fit named ${shown(name)}`);
  return fit;
}

/** The weights that a fit found; null for a fit of anything else. */
export function weightsOf(
  { result }: ResultFolder,
  { model, setting, context }: FitRecord,
): FitReply['weights'] {
  const weights = result.weights[`${model}/${setting}`];
  const found = weights?.find(({ scenario }) => scenario === context);
  return found ? { ...found, scale: scaleFactor(found.b) } : null;
}

/** A trial by its number, from 1. */
export async function trialOf(
  folder: ResultFolder,
  { model, setting, context }: Place,
  number: string | undefined,
): Promise<TrialRecord> {
  const trials = await folder.trials(model, setting, context);
  const trial = numbered(trials, number);
  if (trial) return trial;
  const expected =
    trials.length === 0
      ? `${model} made no ${setting} choices in it`
      : `expected 1 to ${trials.length}`;
  throw new NotFound(`no trial ${shown(number)} of ${context}: ${expected}`);
}

/** The item of a number, from 1. */
function numbered<T>(all: readonly T[], number = ''): T | undefined {
  return /^[1-9]\d*$/.test(number) ? all[Number(number) - 1] : undefined;
}

/** The options that the question for a report showed. `number` is from 1, within the file. */
export async function reportOptions(
  folder: ResultFolder,
  place: Place,
  file: string | undefined,
  number: string | undefined,
): Promise<Options> {
  const files = await reportsOf(folder, place);
  const found = files.find((one) => one.file === file);
  if (!found) {
    const known = files.map((one) => one.file).join(', ') || 'none: the context has no reports';
    throw new NotFound(`no reports ${shown(file)} of ${place.context}: expected ${known}`);
  }
  const report = numbered(found.reports, number);
  if (!report) {
    throw new NotFound(
      `no report ${shown(number)} in ${file} of ${place.context}: expected 1 to ${found.reports.length}`,
    );
  }
  const { a, b } = report;
  if (a && b) return { a, b };
  throw new NotFound(
    `the data do not hold which options were shown for report ${number} in ${file} of ${place.context}`,
  );
}

/** The reports on a context in one setting, by file, in the order of the paper. */
export async function reportsOf(
  folder: ResultFolder,
  { model, setting, context }: Place,
): Promise<{ file: ReportFile; reports: readonly ReportRecord[] }[]> {
  const files = (Object.keys(reportSettings) as ReportFile[]).filter(
    (file) => reportSettings[file] === setting,
  );
  const all = await Promise.all(
    files.map(async (file) => ({ file, reports: await folder.reports(model, file, context) })),
  );
  return all.filter(({ reports }) => reports.length > 0);
}

/** A context as its prompts are made of it. */
export function studyContext({ name, question, attributes }: ContextRecord): Context {
  return {
    name,
    question,
    attributes: attributes.map(({ name: attribute, units, range: [min, max] }) => ({
      name: attribute,
      units,
      min,
      max,
    })),
  };
}

export function fitEntry(fit: FitRecord): FitEntry {
  const { name, kind, model, setting, context, diagnostics, warnings } = fit;
  return { name, kind, model, setting, context, diagnostics, warnings };
}

/** The posterior predictive check of the weights that were learned in a context. */
export async function checkOf(folder: ResultFolder, place: Place): Promise<CheckReply> {
  const { model, setting, context } = place;
  const fit = folder.fits.find(
    (one) =>
      one.kind === 'weights' &&
      one.model === model &&
      one.setting === setting &&
      one.context === context,
  );
  if (!fit) throw new NotFound(`no weights of ${model} in ${context}, ${setting}`);
  const trials = await folder.trials(model, setting, context);
  const chosen = trials.flatMap(({ a, b, choice }, i): ChosenTrial[] =>
    choice ? [{ trial: i + 1, a, b, choseA: choice === 'A' }] : [],
  );
  const draws = drawsOfRecord(fit, await folder.draws(fit));
  const { seed } = folder.result.settings;
  const check = checkChoices(studyContext(contextOf(folder, context)), chosen, draws, seed);
  return { check: check && { ...check, replicated: digits(check.replicated) } };
}

function digits({ values, parameterNames: { length: trials }, drawsPerChain }: Draws): string[] {
  return Array.from({ length: drawsPerChain }, (_, draw) =>
    values.subarray(draw * trials, (draw + 1) * trials).join(''),
  );
}

/** A name from a request, quoted and shortened. */
function shown(name: string | undefined): string {
  return name === undefined ? '(none given)' : JSON.stringify(name.slice(0, 80));
}
