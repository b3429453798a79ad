/** Reads a pilot of the paper's paradigm: a folder in the authors' layout, or a result folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readStudy } from '../authors-files/read-study.js';
import { listed } from '../checks/names.js';
import { WeighbridgeError } from '../errors.js';
import type { StudyPilot } from '../planning/pilot.js';
import { resultFiles } from '../result/format.js';
import { type ResultFolder, readResult } from '../result/read-result.js';
import type { Choice, Context, WeightReport } from '../study/context.js';
import type { ReportFile, Setting } from '../study/study.js';
import { warn } from './output.js';

interface PilotChoice {
  /** The base model; absent: the first. */
  readonly model: string | undefined;
  readonly setting: Setting;
  /** Whether reports after introspection training are read too. */
  readonly compareTrained: boolean;
}

interface ReadPilot {
  readonly model: string;
  readonly pilot: StudyPilot;
}

const reportFiles: Readonly<
  Record<Setting, Readonly<Record<'own' | 'trained', readonly ReportFile[]>>>
> = {
  instilled: {
    own: ['instilledReports'],
    trained: ['firstHalfTrainedReports', 'lastHalfTrainedReports'],
  },
  native: { own: ['nativeReports'], trained: ['nativeTrainedReports'] },
};

/** @throws WeighbridgeError if the folder cannot be read, or has no such model */
export async function readPilot(folder: string, choice: PilotChoice): Promise<ReadPilot> {
  const isResult = existsSync(join(folder, resultFiles.result));
  return isResult ? fromResult(folder, choice) : fromStudy(folder, choice);
}

async function fromStudy(folder: string, choice: PilotChoice): Promise<ReadPilot> {
  const { setting, compareTrained } = choice;
  const study = await readStudy(folder);
  warn(...study.warnings);
  const name = modelOf(
    study.models.map((model) => model.name),
    choice,
    folder,
  );
  const record = study.models.find((model) => model.name === name);
  if (!record) throw new RangeError(`no model named ${name}`);
  const reports = (files: readonly ReportFile[]) => files.flatMap((file) => record[file]);
  const files = reportFiles[setting];
  return {
    model: name,
    pilot: {
      contexts: study.contexts,
      choices: setting === 'instilled' ? record.instilledChoices : record.nativeChoices,
      reports: reports(files.own),
      ...(compareTrained && { comparedReports: reports(files.trained) }),
    },
  };
}

async function fromResult(folder: string, choice: PilotChoice): Promise<ReadPilot> {
  const { setting, compareTrained } = choice;
  const result = await readResult(folder);
  try {
    const name = modelOf(result.result.models, choice, folder);
    const files = reportFiles[setting];
    return {
      model: name,
      pilot: {
        contexts: contextsOf(result),
        choices: await choicesOf(result, name, setting),
        reports: await reportsOf(result, name, files.own),
        ...(compareTrained && { comparedReports: await reportsOf(result, name, files.trained) }),
      },
    };
  } finally {
    await result.close();
  }
}

/** @throws WeighbridgeError `bad-argument` */
function modelOf(names: readonly string[], { model }: PilotChoice, folder: string): string {
  const found = names.find((name) => model === undefined || name === model);
  if (found !== undefined) return found;
  throw new WeighbridgeError(
    'bad-argument',
    `${folder} has no model '${model}': it has ${listed(names)}`,
    { details: { option: '--model', found: model } },
  );
}

function contextsOf({ contexts }: ResultFolder): ReadonlyMap<string, Context> {
  return new Map(
    contexts.map(({ name, question, attributes }): [string, Context] => {
      const ranges = attributes.map(({ range: [min, max], ...one }) => ({
        name: one.name,
        min,
        max,
      }));
      return [name, { name, question, attributes: ranges }];
    }),
  );
}

async function choicesOf(result: ResultFolder, model: string, setting: Setting): Promise<Choice[]> {
  const choices: Choice[] = [];
  for (const { name: context } of result.contexts) {
    for (const { a, b, choice } of await result.trials(model, setting, context)) {
      if (choice !== null) choices.push({ context, a, b, choseA: choice === 'A' });
    }
  }
  return choices;
}

async function reportsOf(
  result: ResultFolder,
  model: string,
  files: readonly ReportFile[],
): Promise<WeightReport[]> {
  const reports: WeightReport[] = [];
  for (const file of files) {
    for (const { name: context } of result.contexts) {
      for (const { weights } of await result.reports(model, file, context)) {
        if (weights !== null) reports.push({ context, weights });
      }
    }
  }
  return reports;
}
