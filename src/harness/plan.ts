/**
 * A study as a small graph of stages: what is trained, what is asked of whom, and what has to come
 * first. The paper's three experiments for each base model:
 *
 *   base model ── train preferences ──┬── choices in instilled and native contexts
 *        │                            ├── reports on both
 *        │                            └── train introspection on the first half, the last half,
 *        │                                all ── reports on the other half, or on native contexts
 *        └── reports off the shelf
 */
import { WeighbridgeError } from '../errors.js';
import type { ModelFile, ReportFile } from '../study/layout.js';
import type { Trial } from '../study/stimuli.js';
import type { Configuration, ModelConfiguration } from './configuration/schema.js';
import type { StudyStimuli } from './stimuli.js';

/** The two rounds of training: preferences, then introspection on a half of the contexts or on all. */
export const trainings = [
  'preferences',
  'introspection_first',
  'introspection_last',
  'introspection_all',
] as const;

export type Training = (typeof trainings)[number];

export interface TrainingStage {
  readonly kind: 'training';
  readonly id: string;
  readonly needs: readonly string[];
  readonly base: ModelConfiguration;
  readonly training: Training;
}

export interface CollectionStage {
  readonly kind: 'choices' | 'reports';
  readonly id: string;
  readonly needs: readonly string[];
  readonly base: ModelConfiguration;
  /** Who answers: the base model as it is, or after a training. */
  readonly after: Training | null;
  /** The file of the authors' layout that the answers make up. */
  readonly file: ModelFile;
  /** An item of the record is the index of its trial here. */
  readonly trials: readonly Trial[];
}

export type Stage = TrainingStage | CollectionStage;

function stageId(model: string, what: string): string {
  return `${model}/${what}`;
}

/** OpenAI refuses to train on fewer; better told before anything is paid for. */
const FEWEST_EXAMPLES = 10;

/**
 * Stages in an order in which each comes after what it needs.
 * @throws WeighbridgeError `bad-configuration` for trainings that would be refused
 */
export function planStages({ models }: Configuration, stimuli: StudyStimuli): Stage[] {
  const inHalf = Math.floor(stimuli.instilled.length / 2);
  const trainsHalves = models.some(
    ({ trained }) => !trained.introspection_first || !trained.introspection_last,
  );
  if (trainsHalves && inHalf < FEWEST_EXAMPLES) {
    throw new WeighbridgeError(
      'bad-configuration',
      `contexts.instilled is ${stimuli.instilled.length}: introspection training on half of them has ${inHalf} examples, and needs at least ${FEWEST_EXAMPLES}`,
    );
  }
  return models.flatMap((base) => stagesOf(base, stimuli));
}

function stagesOf(base: ModelConfiguration, { trials }: StudyStimuli): Stage[] {
  const training = (what: Training): TrainingStage => ({
    kind: 'training',
    id: trainingId(base.name, what),
    needs: what === 'preferences' ? [] : [trainingId(base.name, 'preferences')],
    base,
    training: what,
  });
  const collection = (
    kind: CollectionStage['kind'],
    what: string,
    after: Training | null,
    file: ModelFile,
    asked: readonly Trial[],
  ): CollectionStage => ({
    kind,
    id: stageId(base.name, what),
    needs: after ? [trainingId(base.name, after)] : [],
    base,
    after,
    file,
    trials: asked,
  });
  const choices = (what: string, file: ModelFile, asked: readonly Trial[]) =>
    collection('choices', what, 'preferences', file, asked);
  const reports = (
    what: string,
    after: Training | null,
    file: ReportFile,
    asked: readonly Trial[],
  ) => collection('reports', what, after, file, asked);
  const { instilledChoices, nativeChoices, instilledReports, nativeReports } = trials;
  const { firstHalfReports, lastHalfReports } = trials;
  return [
    reports('reports-off-the-shelf', null, 'offTheShelfReports', instilledReports),
    training('preferences'),
    choices('choices-instilled', 'instilledChoices', instilledChoices),
    choices('choices-native', 'nativeChoices', nativeChoices),
    reports('reports-instilled', 'preferences', 'instilledReports', instilledReports),
    reports('reports-native', 'preferences', 'nativeReports', nativeReports),
    training('introspection_first'),
    training('introspection_last'),
    training('introspection_all'),
    reports(
      'reports-after-first-half',
      'introspection_first',
      'firstHalfTrainedReports',
      lastHalfReports,
    ),
    reports(
      'reports-after-last-half',
      'introspection_last',
      'lastHalfTrainedReports',
      firstHalfReports,
    ),
    reports('reports-native-after-all', 'introspection_all', 'nativeTrainedReports', nativeReports),
  ];
}

export function trainingId(model: string, what: Training): string {
  return stageId(model, `train-${what.replace('_', '-')}`);
}

/** @throws WeighbridgeError `bad-argument` for a model that the study does not have */
export function findTraining(
  stages: readonly Stage[],
  model: string,
  training: Training,
): TrainingStage {
  for (const stage of stages) {
    if (stage.kind !== 'training') continue;
    if (stage.base.name === model && stage.training === training) return stage;
  }
  throw new WeighbridgeError(
    'bad-argument',
    `the study has no training '${training}' of a model '${model}'`,
  );
}
