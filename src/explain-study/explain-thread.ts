/** The script of a worker thread of a study of explanations: trains one network, or runs one cell. */
import type { MessagePort } from 'node:worker_threads';
import type { TrainingStep } from '../../models/transformer/training.js';
import type { Transformer } from '../../models/transformer/transformer.js';
import { WeighbridgeError } from '../errors.js';
import { type Cell, runCell } from '../explain/grid.js';
import { type PlannedNetwork, plannedStudy, type StudyPlan } from '../explain/plan.js';
import type { ExplanationStudy } from '../explain/study-exercises.js';
import { trainTarget } from '../explain/target.js';
import { createWorld } from '../explain/world.js';
import { Throttle } from '../fit/run.js';
import { type Outcome, outcomeOfAsync } from '../workers/protocol.js';
import { StudyFolder } from './study-folder.js';

export interface ExplainTask {
  /** Folder of the study. */
  readonly folder: string;
  /** Without its cells. */
  readonly plan: Omit<StudyPlan, 'cells'>;
  readonly work: { readonly network: PlannedNetwork } | { readonly cell: Cell };
  /** Receives the number of training steps done. */
  readonly port: MessagePort;
}

const MILLISECONDS_BETWEEN_REPORTS = 100;

/** Writes what it makes into the folder. */
export function runTask({ folder, plan, work, port }: ExplainTask): Promise<Outcome<null>> {
  return outcomeOfAsync(async () => {
    const files = new StudyFolder(folder);
    if ('cell' in work) {
      const study = await studyOf(files, plan);
      await files.writeCell(work.cell, reporting(runCell(study, work.cell), port));
    } else {
      const { name, size, seed } = work.network;
      const training = trainTarget(createWorld(plan.world), { size, seed });
      await files.writeNetwork(name, reporting(training, port));
    }
    return null;
  });
}

function reporting<Result>(steps: Generator<TrainingStep, Result>, port: MessagePort): Result {
  const throttle = new Throttle(MILLISECONDS_BETWEEN_REPORTS);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (throttle.isDue()) port.postMessage(step.value.done);
  }
}

let known: { readonly key: string; readonly study: ExplanationStudy } | null = null;

/** The truths of a study are computed once in a thread. */
async function studyOf(files: StudyFolder, plan: ExplainTask['plan']): Promise<ExplanationStudy> {
  const key = JSON.stringify([files.path, plan]);
  if (known?.key !== key) known = { key, study: await readStudy(files, plan) };
  return known.study;
}

/** @throws WeighbridgeError `missing-file` if a network is not trained */
export async function readStudy(
  files: StudyFolder,
  plan: ExplainTask['plan'],
): Promise<ExplanationStudy> {
  const networks: Transformer[] = [];
  for (const { name } of [...plan.networks, ...plan.larger]) {
    const network = await files.network(name);
    if (network === null) {
      throw new WeighbridgeError('missing-file', `${files.path} has no ${name}: it is not trained`);
    }
    networks.push(network);
  }
  return plannedStudy(plan, networks);
}
