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
import type { ModelFile } from '../study/layout.js';
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
  /** Ends the name of the trained model, as the authors ended theirs. */
  readonly suffix: string;
}

export interface CollectionStage {
  readonly kind: 'choices' | 'reports';
  readonly id: string;
  readonly needs: readonly string[];
  readonly base: ModelConfiguration;
  /** The training after which it answers; null: the base model as it is. */
  readonly after: Training | null;
  /** Of the model that answers; null for the base model. */
  readonly suffix: string | null;
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
export function planStages(configuration: Configuration, stimuli: StudyStimuli): Stage[] {
  const { models } = configuration;
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
  const suffixes = trainingSuffixes(configuration);
  return models.flatMap((base) => stagesOf(base, stimuli, suffixes));
}

/**
 * The authors' scripts tell models apart by these words in their names: `100-instilled`,
 * `itrained-all-100`.
 */
function trainingSuffixes({ contexts, counts }: Configuration): Record<Training, string> {
  const { instilled } = contexts;
  const half = Math.floor(instilled / 2);
  const examples = `${counts.training_examples}ex`;
  return {
    preferences: `${instilled}-instilled-prefs-${examples}`,
    introspection_first: `itrained-first-${half}-of-${instilled}-${examples}`,
    introspection_last: `itrained-last-${instilled - half}-of-${instilled}-${examples}`,
    introspection_all: `itrained-all-${instilled}-${examples}`,
  };
}

interface CollectionPlan {
  readonly kind: CollectionStage['kind'];
  readonly what: string;
  readonly after: Training | null;
  readonly file: ModelFile;
  readonly trials: keyof StudyStimuli['trials'];
}

const collections: readonly CollectionPlan[] = [
  {
    kind: 'reports',
    what: 'reports-off-the-shelf',
    after: null,
    file: 'offTheShelfReports',
    trials: 'instilledReports',
  },
  {
    kind: 'choices',
    what: 'choices-instilled',
    after: 'preferences',
    file: 'instilledChoices',
    trials: 'instilledChoices',
  },
  {
    kind: 'choices',
    what: 'choices-native',
    after: 'preferences',
    file: 'nativeChoices',
    trials: 'nativeChoices',
  },
  {
    kind: 'reports',
    what: 'reports-instilled',
    after: 'preferences',
    file: 'instilledReports',
    trials: 'instilledReports',
  },
  {
    kind: 'reports',
    what: 'reports-native',
    after: 'preferences',
    file: 'nativeReports',
    trials: 'nativeReports',
  },
  {
    kind: 'reports',
    what: 'reports-after-first-half',
    after: 'introspection_first',
    file: 'firstHalfTrainedReports',
    trials: 'lastHalfReports',
  },
  {
    kind: 'reports',
    what: 'reports-after-last-half',
    after: 'introspection_last',
    file: 'lastHalfTrainedReports',
    trials: 'firstHalfReports',
  },
  {
    kind: 'reports',
    what: 'reports-native-after-all',
    after: 'introspection_all',
    file: 'nativeTrainedReports',
    trials: 'nativeReports',
  },
];

/** Each training, and before or after it what is asked of whom. */
function stagesOf(
  base: ModelConfiguration,
  stimuli: StudyStimuli,
  suffixes: Readonly<Record<Training, string>>,
): Stage[] {
  const asked = (wanted: Training | null): CollectionStage[] =>
    collections
      .filter(({ after }) => after === wanted)
      .map(({ what, trials, ...plan }) => ({
        ...plan,
        id: stageId(base.name, what),
        needs: wanted ? [trainingId(base.name, wanted)] : [],
        suffix: wanted ? suffixes[wanted] : null,
        base,
        trials: stimuli.trials[trials],
      }));
  const trained = trainings.flatMap((training): Stage[] => [
    {
      kind: 'training',
      id: trainingId(base.name, training),
      needs: training === 'preferences' ? [] : [trainingId(base.name, 'preferences')],
      base,
      training,
      suffix: suffixes[training],
    },
    ...asked(training),
  ]);
  return [...asked(null), ...trained];
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
