/** The request for a fine-tuning job, the labels by which it is found again, and its estimated cost. */
import type { JobCreateParams } from 'openai/resources/fine-tuning/jobs/jobs';
import { z } from 'zod';
import { parseJson } from '../../checks/json.js';
import { WeighbridgeError } from '../../errors.js';
import type { ChatMessage } from '../../study/stimuli.js';
import { mostPromptTokens } from '../client/chat.js';
import { estimatePromptTokens } from '../prompt-tokens.js';
import { checksumOf } from '../server-jobs.js';

export interface TrainingFile {
  readonly name: string;
  /** JSON lines. */
  readonly text: string;
}

/** The paper: 3 epochs; multiplier 2 (4o) or 1.8 (mini); batches of 10 (preferences) or 1. */
export interface Hyperparameters {
  readonly epochs: number;
  readonly learningRateMultiplier: number | 'auto';
  readonly batchSize: number | 'auto';
}

export interface FineTuneRequest {
  /** Names the stage, in the journal and at the server. */
  readonly key: string;
  /** The study's own id: the server may hold the jobs of many. */
  readonly study: string;
  /** Base model, or one that was trained before. */
  readonly model: string;
  /** Part of the new model's name: at most 64 characters. */
  readonly suffix: string;
  readonly trainingFile: TrainingFile;
  readonly validationFile?: TrainingFile;
  readonly hyperparameters: Hyperparameters;
  readonly seed?: number;
}

/** The estimated size of a job, before it is made. */
export interface FineTuneEstimate {
  /** Names this job: the same after a restart, another if a failed job is tried again. */
  readonly reservation: string;
  readonly key: string;
  readonly model: string;
  /** Likely tokens of the training file times the epochs. */
  readonly trainedTokens: number;
  /** Upper bound of `trainedTokens`. */
  readonly mostTrainedTokens: number;
}

const LONGEST_SUFFIX = 64;

/** @throws WeighbridgeError `bad-argument` */
export function checkRequest({ key, suffix, trainingFile }: FineTuneRequest): void {
  if (suffix.length > LONGEST_SUFFIX) {
    throw new WeighbridgeError(
      'bad-argument',
      `fine-tuning ${key}: the suffix '${suffix}' has ${suffix.length} characters, expected at most ${LONGEST_SUFFIX}`,
    );
  }
  if (trainingFile.text.trim() === '') {
    throw new WeighbridgeError(
      'bad-argument',
      `fine-tuning ${key}: ${trainingFile.name} is empty, expected examples in JSON lines`,
    );
  }
}

/** Checksum of everything that shapes the trained model; file names do not. */
export function requestChecksum(request: FineTuneRequest): string {
  const { model, suffix, trainingFile, validationFile, hyperparameters, seed } = request;
  const { epochs, learningRateMultiplier, batchSize } = hyperparameters;
  const settings = [model, suffix, epochs, learningRateMultiplier, batchSize, seed ?? null];
  const files = [trainingFile.text, validationFile?.text ?? null];
  return checksumOf(JSON.stringify([...settings, ...files]));
}

/** Labels by which a job is recognised if its id never arrived. */
export function jobLabels(
  { study, key }: FineTuneRequest,
  { checksum, attempt }: { readonly checksum: string; readonly attempt: number },
): Record<string, string> {
  return {
    weighbridge_study: study,
    weighbridge_stage: key,
    weighbridge_checksum: checksum,
    weighbridge_attempt: String(attempt),
  };
}

export function jobBody(
  { model, suffix, seed, hyperparameters }: FineTuneRequest,
  files: { readonly trainingFile: string; readonly validationFile: string | null },
  labels: Record<string, string>,
): JobCreateParams {
  const { epochs, learningRateMultiplier, batchSize } = hyperparameters;
  const wanted = {
    n_epochs: epochs,
    learning_rate_multiplier: learningRateMultiplier,
    batch_size: batchSize,
  };
  return {
    model,
    suffix,
    training_file: files.trainingFile,
    ...(files.validationFile !== null ? { validation_file: files.validationFile } : {}),
    method: { type: 'supervised', supervised: { hyperparameters: wanted } },
    ...(seed !== undefined ? { seed } : {}),
    metadata: labels,
  };
}

export function estimateOf(request: FineTuneRequest, attempt: number): FineTuneEstimate {
  const { key, model, trainingFile, hyperparameters } = request;
  const examples = trainingFile.text.trim().split('\n').map(messagesOf);
  const trained = (count: (messages: readonly ChatMessage[]) => number) =>
    Math.ceil(hyperparameters.epochs * examples.reduce((sum, one) => sum + count(one), 0));
  return {
    reservation: `${key}#${attempt}`,
    key,
    model,
    trainedTokens: trained(estimatePromptTokens),
    mostTrainedTokens: trained(mostPromptTokens),
  };
}

const exampleSchema = z.object({
  messages: z.array(
    z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }),
  ),
});

/** Only counted here; the server validates examples. */
function messagesOf(line: string): readonly ChatMessage[] {
  const example = exampleSchema.safeParse(parseJson(line));
  return example.data?.messages ?? [{ role: 'user', content: line }];
}
