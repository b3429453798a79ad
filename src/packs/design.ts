/**
 * What a pack makes of a study's configuration: its stages, each with the questions that it asks and
 * the reading of their answers. The harness runs any design; it knows nothing of a pack's tasks.
 */
import { createHash } from 'node:crypto';
import type { AnswerPolicy } from '../study/parse-report.js';
import type { ChatMessage } from '../study/stimuli.js';
import type { ModelConfiguration } from './configuration/common.js';

/** A JSON schema that the server is asked to keep to. */
export interface AnswerSchema {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A question to any model: the messages, and how the answer is sampled. */
export interface Question {
  readonly messages: readonly ChatMessage[];
  /** Most tokens of the answer, without the reasoning before it. */
  readonly maxTokens: number;
  /** Null: not sent, so that the server's default holds. */
  readonly temperature: number | null;
  /** Null: not sent. */
  readonly seed: number | null;
  /** `low`, `medium`, `high` or what else the server takes. Null: not sent. */
  readonly reasoningEffort: string | null;
  /** Tokens added to the limit for the model's reasoning. */
  readonly reasoningTokens: number;
  readonly jsonSchema: AnswerSchema | null;
  /** Answers whose log-probabilities are wanted. Null: none. */
  readonly labels: readonly string[] | null;
}

/** The settings of a question that asks for the likeliest answer and nothing else. */
export const plainSampling = {
  temperature: 0,
  seed: null,
  reasoningEffort: null,
  reasoningTokens: 0,
  jsonSchema: null,
  labels: null,
} as const satisfies Partial<Question>;

/** An answer on record. */
export interface Answered {
  /** The model's text; '' if there is none. */
  readonly text: string;
  /** Natural logarithms of the probabilities of the answers, by label; null if there are none. */
  readonly logprobs: ReadonlyMap<string, number> | null;
}

/** A label, a text, a number, or numbers by name. */
export type AnswerValue = string | number | ReadonlyMap<string, number>;

export type AnswerReading =
  | {
      readonly valid: true;
      readonly value: AnswerValue;
      /** Repairs of the lenient policy; empty under the paper's. */
      readonly repairs: readonly string[];
      /** True if a number lies beyond the range that the prompt states. */
      readonly outOfRange: boolean;
    }
  | {
      readonly valid: false;
      /** A short name of the reason, for counts: `not-json`. */
      readonly reason: string;
      readonly detail: string;
    };

/** A value of a cell in the table of answers. */
export type Cell = string | number | boolean | null;

/** Valid answers of another stage by trial, for questions that build on them. */
export type AnswersSoFar = (stage: string) => ReadonlyMap<number, AnswerValue>;

/** JSON lines for a training, and for its validation if there is one. */
export interface TrainingText {
  readonly training: string;
  readonly validation: string | null;
}

/** OpenAI rejects training files with fewer examples; checked before anything is paid for. */
export const FEWEST_EXAMPLES = 10;

/**
 * Checks the answers of the stages that a stage needs, before anything is paid for.
 * @throws WeighbridgeError if going on with them would be wasted; `keepGoing` overrides
 */
type RequireReady = (answers: AnswersSoFar) => void;

export interface TrainingStage {
  readonly kind: 'training';
  readonly id: string;
  readonly needs: readonly string[];
  readonly base: ModelConfiguration;
  /** Its key under `trained` in the configuration. */
  readonly training: string;
  /** The training whose model is trained further; null: the base model. */
  readonly after: string | null;
  /** Suffix of the trained model's name. */
  readonly suffix: string;
  readonly batchSize: number | 'auto';
  text(answers: AnswersSoFar): TrainingText;
  requireReady?: RequireReady;
}

export interface CollectionStage {
  /** The paper's stages are of kind `choices` or `reports`, those of a described study `answers`. */
  readonly kind: 'choices' | 'reports' | 'answers';
  readonly id: string;
  readonly needs: readonly string[];
  readonly base: ModelConfiguration;
  /** The training whose model answers; null: the base model. */
  readonly after: string | null;
  /** Name of the task, in the table of answers. */
  readonly task: string;
  /** The trials; the record's items are indices into this array. */
  readonly trials: readonly object[];
  /** Tokens of a usual answer, for the plan. */
  readonly likelyAnswerTokens: number;
  /** @param answers of the stages that this one needs */
  ask(trial: number, answers: AnswersSoFar): Question;
  /** Reads a text that the model wrote; an empty or filtered one is not read. */
  read(trial: number, answer: Answered, policy: AnswerPolicy): AnswerReading;
  /** The item of a trial: its context, or the id of its row. */
  itemOf(trial: number): string;
  /** What was shown in a trial, by column of the table of answers. */
  shown(trial: number): ReadonlyMap<string, Cell>;
  /** The columns of a value: `value`, or `value_KEY` for each of several. */
  cells(value: AnswerValue): ReadonlyMap<string, Cell>;
  /** What a label stands for in a trial, whatever its place: the name of an option. */
  labelled(trial: number, label: string): string;
  requireReady?: RequireReady;
}

export type Stage = TrainingStage | CollectionStage;

/** What every design has; each pack's has more. */
export interface CommonDesign {
  readonly stages: readonly Stage[];
  /** Settings that may not change once collection has begun, by the name that messages use. */
  readonly fixed: Readonly<Record<string, unknown>>;
  /** Checksums of what the study shows, for its provenance. */
  checksums(): Readonly<Record<string, string>>;
}

/** Identifies a training of a base model among the stages. */
export function trainingId(model: string, training: string): string {
  return `${model}/train-${training.replace('_', '-')}`;
}

/** Columns of a value whose keys differ between trials: `value_1`, `value_2`, … */
export function numberedCells(value: AnswerValue): ReadonlyMap<string, Cell> {
  if (!(value instanceof Map)) return new Map([['value', valueCell(value)]]);
  return new Map([...value.values()].map((one: number, i) => [`value_${i + 1}`, one]));
}

function valueCell(value: AnswerValue): Cell {
  return typeof value === 'object' ? null : value;
}

/** The stage as the configuration names it: `rate` of `org/model/rate` and of `org/model/rate/about-other`. */
export function stageName({ id, base }: Pick<CollectionStage, 'id' | 'base'>): string {
  return id.slice(base.name.length + 1).split('/', 1)[0] ?? '';
}

/** The first 16 digits of the SHA-256 of a value as JSON. */
export function checksum(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
