/**
 * The paper's three experiments for each base model, as a graph of stages:
 *
 *   base model ── train preferences ──┬── choices in instilled contexts ──┐
 *        │                            ├── choices in native contexts      │
 *        │                            ├── reports on both                 │
 *        │                            └── train introspection on the first half, the last half,
 *        │                                all ── reports on the other half, or on native contexts
 *        └── reports off the shelf
 *
 * Introspection training waits for the choices in instilled contexts, which must agree with the target
 * weights better than chance.
 */
import { exampleJsonl } from '../../authors-files/training-files.js';
import { WeighbridgeError } from '../../errors.js';
import { parseChoice } from '../../study/parse-choice.js';
import { type AnswerPolicy, parseReport } from '../../study/parse-report.js';
import { decisionPrompt, introspectionPrompt, systemPrompt } from '../../study/prompts.js';
import { preferenceExamples, reportExamples, type Trial } from '../../study/stimuli.js';
import type { ModelFile } from '../../study/study.js';
import type { ModelConfiguration } from '../configuration/common.js';
import {
  type Answered,
  type AnswerReading,
  type AnswersSoFar,
  type Cell,
  type CollectionStage,
  FEWEST_EXAMPLES,
  numberedCells,
  plainSampling,
  type Question,
  type Stage,
  type TrainingStage,
  type TrainingText,
  trainingId,
} from '../design.js';
import { choiceAgreement, requireAgreement } from './choice-agreement.js';
import { type PaperConfiguration, type Training, trainings } from './configuration.js';
import { halves, type StudyStimuli } from './stimuli.js';

/** A collection of the paper's choices or reports. */
export interface PaperStage extends CollectionStage {
  readonly kind: 'choices' | 'reports';
  readonly after: Training | null;
  /** Suffix of the name of the model that answers; null for the base model. */
  readonly suffix: string | null;
  /** The file of the answers in the authors' layout. */
  readonly file: ModelFile;
  readonly trials: readonly Trial[];
}

/** The stages of a paper's design that collect answers. */
export function paperStages(stages: readonly Stage[]): PaperStage[] {
  return stages.filter((stage): stage is PaperStage => 'file' in stage);
}

/**
 * Returns the stages, each after those it depends on.
 * @throws WeighbridgeError `bad-configuration` for trainings that the server would reject
 */
export function planStages(configuration: PaperConfiguration, stimuli: StudyStimuli): Stage[] {
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
  return models.flatMap((base) => stagesOf(base, configuration, stimuli, suffixes));
}

/** The authors' scripts recognise models by parts of their names: `100-instilled`, `itrained-all-100`. */
function trainingSuffixes({ contexts, counts }: PaperConfiguration): Record<Training, string> {
  const { instilled } = contexts;
  const half = Math.floor(instilled / 2);
  const examples = `${counts.trainingExamples}ex`;
  return {
    preferences: `${instilled}-instilled-prefs-${examples}`,
    introspection_first: `itrained-first-${half}-of-${instilled}-${examples}`,
    introspection_last: `itrained-last-${instilled - half}-of-${instilled}-${examples}`,
    introspection_all: `itrained-all-${instilled}-${examples}`,
  };
}

type Collected = Pick<PaperStage, 'kind' | 'after' | 'file'> & {
  readonly what: string;
  readonly trials: keyof StudyStimuli['trials'];
};

const collections: readonly Collected[] = [
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

/** Each training, followed by the collections that need it. */
function stagesOf(
  base: ModelConfiguration,
  configuration: PaperConfiguration,
  stimuli: StudyStimuli,
  suffixes: Readonly<Record<Training, string>>,
): Stage[] {
  const asked = (wanted: Training | null): CollectionStage[] =>
    collections
      .filter(({ after }) => after === wanted)
      .map(({ what, trials: shown, kind, after, file }): PaperStage => {
        const trials = stimuli.trials[shown];
        return {
          ...{ kind, after, file, base, trials, task: kind },
          id: `${base.name}/${what}`,
          needs: wanted ? [trainingId(base.name, wanted)] : [],
          suffix: wanted ? suffixes[wanted] : null,
          ...(kind === 'choices'
            ? choosing(trials, configuration.server.logprobs)
            : reporting(trials)),
          itemOf: (trial) => trialAt(trials, trial).context.name,
          shown: (trial) => cellsOf(trialAt(trials, trial)),
          cells: numberedCells,
          labelled: (_, label) => label,
        };
      });
  const trained = trainings.flatMap((training): Stage[] => [
    trainingStage(base, training, suffixes[training], configuration, stimuli),
    ...asked(training),
  ]);
  return [...asked(null), ...trained];
}

function trainingStage(
  base: ModelConfiguration,
  training: Training,
  suffix: string,
  configuration: PaperConfiguration,
  stimuli: StudyStimuli,
): TrainingStage {
  const { batchSizePreferences, batchSizeIntrospection } = base.fineTuning;
  const common = {
    ...({ kind: 'training', base, training, suffix } as const),
    id: trainingId(base.name, training),
    text: () => trainingText(configuration, stimuli, training),
  };
  if (training === 'preferences') {
    return { ...common, needs: [], after: null, batchSize: batchSizePreferences };
  }
  const choices = `${base.name}/choices-instilled`;
  return {
    ...common,
    needs: [trainingId(base.name, 'preferences'), choices],
    after: 'preferences',
    batchSize: batchSizeIntrospection,
    requireReady: (answers) => requireLearned(base, choices, stimuli, answers(choices)),
  };
}

/** Not for a base model in the place of the trained one: it was taught nothing. */
function requireLearned(
  base: ModelConfiguration,
  choices: string,
  { trials, targets }: StudyStimuli,
  answers: ReturnType<AnswersSoFar>,
): void {
  if (base.trained.preferences === base.name) return;
  requireAgreement(choices, base.name, choiceAgreement(trials.instilledChoices, answers, targets));
}

export function trainingText(
  { counts, seeds }: PaperConfiguration,
  { instilled, targets }: StudyStimuli,
  training: Training,
): TrainingText {
  if (training === 'preferences') {
    const examples = preferenceExamples(instilled, targets, {
      seed: seeds.training,
      training: counts.trainingExamples,
      validation: counts.validationExamples,
    });
    return {
      training: exampleJsonl(examples.training),
      validation: examples.validation.length > 0 ? exampleJsonl(examples.validation) : null,
    };
  }
  const { first, last } = halves(instilled);
  const taught = {
    introspection_first: first,
    introspection_last: last,
    introspection_all: instilled,
  }[training];
  return {
    training: exampleJsonl(reportExamples(taught, targets, seeds.introspection)),
    validation: null,
  };
}

type Asking = Pick<CollectionStage, 'ask' | 'read' | 'likelyAnswerTokens'>;

/** A choice is one letter; a report is an object of weights, with names of any length. */
const CHOICE_TOKENS = 5;
const MOST_TOKENS_PER_WEIGHT = 40;
/** Tokens of a usual answer: a letter, or about eight for the name and number of each weight. */
export const likelyTokens = { choice: 1, weight: 8 } as const;

const choiceLabels = ['A', 'B'] as const;

/** Asks for choices between two options, and reads them. */
function choosing(trials: readonly Trial[], logprobs: boolean): Asking {
  return {
    likelyAnswerTokens: likelyTokens.choice,
    ask: (trial) =>
      question(decisionPrompt(trialAt(trials, trial).context, trialAt(trials, trial)), {
        maxTokens: CHOICE_TOKENS,
        labels: logprobs ? choiceLabels : null,
      }),
    read: (_, answer, policy) => readChoice(answer, policy),
  };
}

function readChoice({ text }: Answered, policy: AnswerPolicy): AnswerReading {
  const value = parseChoice(text, policy);
  if (value === null) {
    return {
      valid: false,
      reason: 'neither-a-nor-b',
      detail: 'expected A or B and nothing else',
    };
  }
  const isStrict = parseChoice(text, 'paper') !== null;
  const repairs = isStrict ? [] : [`${JSON.stringify(text)} as ${value}`];
  return { valid: true, value, repairs, outOfRange: false };
}

/** Asks for reports of the weights behind a choice, and reads them. */
function reporting(trials: readonly Trial[]): Asking {
  const attributes = trials[0]?.context.attributes.length ?? 0;
  return {
    likelyAnswerTokens: likelyTokens.weight * attributes,
    ask: (trial) => {
      const { context, ...options } = trialAt(trials, trial);
      return question(introspectionPrompt(context, options), {
        maxTokens: MOST_TOKENS_PER_WEIGHT * context.attributes.length,
        labels: null,
      });
    },
    read: (trial, { text }, policy) => {
      const names = trialAt(trials, trial).context.attributes.map(({ name }) => name);
      const parsed = parseReport(text, names, policy);
      if (!parsed.ok) return { valid: false, reason: parsed.reason, detail: parsed.detail };
      return {
        valid: true,
        value: new Map(names.map((name, i) => [name, parsed.weights[i] ?? Number.NaN])),
        repairs: parsed.repairs.map(({ from, to }) => `${from} as ${to}`),
        outOfRange: parsed.outOfRange,
      };
    },
  };
}

function question(prompt: string, own: Pick<Question, 'maxTokens' | 'labels'>): Question {
  return {
    ...plainSampling,
    ...own,
    messages: [
      { role: 'system', content: systemPrompt },
      { role: 'user', content: prompt },
    ],
  };
}

function trialAt(trials: readonly Trial[], trial: number): Trial {
  const found = trials[trial];
  if (!found) throw new RangeError(`there is no trial ${trial}, of ${trials.length}`);
  return found;
}

/** The context and the values of both options, as columns `a_NAME` and `b_NAME` by number. */
function cellsOf({ context, a, b }: Trial): ReadonlyMap<string, Cell> {
  const columns = (prefix: string, values: readonly number[]) =>
    values.map((value, i) => [`${prefix}_${i + 1}`, value] as const);
  return new Map<string, Cell>([['context', context.name], ...columns('a', a), ...columns('b', b)]);
}
