/** The parameters of a simulated model, and the profiles of the paper's models. */
import type { ExplanationProfile } from './explanations.js';
import type { LatentProfile } from './latent.js';
import type { QuestionProfile } from './questions.js';

export interface ModelProfile {
  /** Sharpness: how strictly choices follow weights, in trained contexts and in all others. */
  readonly sharpness: BySetting<number>;
  /** Share of training examples misread as the opposite choice. */
  readonly misreading: number;
  /** Share of its earlier weights that the model keeps as the prior for training. */
  readonly retention: number;
  /** Insight into its own weights, in trained contexts and in all others. */
  readonly insight: BySetting<InsightLevels>;
  /** Share of reports that break the format rules. */
  readonly invalidReports: {
    /** For a model without any training. */
    readonly untrained: number;
    /** For a model trained on choices, in trained contexts and in others. */
    readonly instilled: number;
    readonly native: number;
    /** For a model trained on reports. */
    readonly introspective: number;
  };
  /** Share of valid reports in a fenced code block. */
  readonly fenced: number;
  /** How the model answers multiple-choice questions. @default `usualQuestions` */
  readonly questions?: QuestionProfile;
  /** How it explains those answers. @default `usualExplanations` */
  readonly explanations?: ExplanationProfile;
  /** How the model answers the questions of a described study. @default `usualLatent` */
  readonly latent?: LatentProfile;
  /** Parameters that the model refuses with 400. @default none */
  readonly refuses?: readonly RefusedParameter[];
  /** Mean number of reasoning tokens, by effort. @default the model does not reason */
  readonly reasoningTokens?: Readonly<Record<ReasoningEffort, number>>;
}

/** `temperature` is refused unless it is 1. */
export type RefusedParameter =
  | 'temperature'
  | 'max_tokens'
  | 'max_completion_tokens'
  | 'logprobs'
  | 'seed'
  | 'response_format';

export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high'] as const;
export type ReasoningEffort = (typeof reasoningEfforts)[number];

export interface BySetting<T> {
  readonly instilled: T;
  readonly native: T;
}

/** Insight before introspection training, and after as much of it as the model can use. */
export interface InsightLevels {
  readonly untrained: number;
  readonly trained: number;
}

export const usualQuestions: QuestionProfile = {
  sharpness: 1.5,
  common: 0.3,
  hintFollowing: 0.6,
  positionBias: 0.3,
};

/** Roughly as Li et al. 2025 (arXiv 2511.08579) found models of 8 billion parameters. */
export const usualExplanations: ExplanationProfile = {
  selfKnowledge: 0.25,
  perShotDoubling: 0.35,
  bankSd: 0.4,
  perTrainingDoubling: 0.45,
  guessedChange: 0.15,
  invalid: 0.05,
};

export const usualLatent: LatentProfile = {
  itemSd: 0.8,
  modelSd: 0.4,
  interactionSd: 0.2,
  conditionSd: 0.4,
  noiseSd: 0.4,
  positionBias: 0.4,
  invalid: 0.03,
};

/**
 * Found by `calibrateProfile` (bench/calibrate-profile.ts) with 5,000 contexts and seed 1, in ten
 * minutes per model, and rounded to three decimals: settings at which a study of the paper's size
 * reproduces the paper's figures. test/simulation/server/calibration.test.ts checks them against
 * the paper.
 */
export const paperProfiles: Readonly<Record<string, ModelProfile>> = {
  'gpt-4o-2024-08-06': {
    sharpness: { instilled: 10.467, native: 4.766 },
    misreading: 0.158,
    retention: 0.931,
    insight: {
      instilled: { untrained: 0.556, trained: 0.769 },
      native: { untrained: 0.446, trained: 0.701 },
    },
    invalidReports: { untrained: 0, instilled: 0, native: 0.034, introspective: 0 },
    fenced: 0.02,
  },
  'gpt-4o-mini-2024-07-18': {
    sharpness: { instilled: 7.586, native: 5.035 },
    misreading: 0.143,
    retention: 0,
    insight: {
      instilled: { untrained: 0.513, trained: 0.78 },
      native: { untrained: 0.386, trained: 0.689 },
    },
    invalidReports: { untrained: 0.123, instilled: 0.426, native: 0.41, introspective: 0.0035 },
    fenced: 0.02,
  },
};

/** Default profile for all other models: round numbers between the two. */
export const defaultProfile: ModelProfile = {
  sharpness: { instilled: 9, native: 5 },
  misreading: 0.15,
  retention: 0.4,
  insight: {
    instilled: { untrained: 0.53, trained: 0.77 },
    native: { untrained: 0.4, trained: 0.68 },
  },
  invalidReports: { untrained: 0.05, instilled: 0.1, native: 0.1, introspective: 0.01 },
  fenced: 0.02,
};

/** A model of the given profile that reasons, and refuses what OpenAI's reasoning models refuse. */
export function reasoningProfile(profile: ModelProfile = defaultProfile): ModelProfile {
  return {
    ...profile,
    refuses: ['temperature', 'max_tokens', 'logprobs'],
    reasoningTokens: { none: 0, minimal: 64, low: 128, medium: 512, high: 2048 },
  };
}
