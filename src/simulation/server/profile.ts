/** What sets one simulated model apart from another, and the profiles of the paper's models. */
export interface ModelProfile {
  /** How strictly choices follow weights: in contexts that were trained, and in all others. */
  readonly sharpness: BySetting<number>;
  /** Share of training examples that are taken for their opposite. */
  readonly misreading: number;
  /** How much of its old weights the model holds against what examples say. */
  readonly retention: number;
  /** How well it sees its own weights: in contexts that were trained, and in all others. */
  readonly insight: BySetting<InsightLevels>;
  /** Share of reports that break the rules asked for. */
  readonly invalidReports: {
    /** Of a model that was never trained. */
    readonly untrained: number;
    /** Of a model trained on choices, in contexts that were trained and in others. */
    readonly instilled: number;
    readonly native: number;
    /** Of a model trained on reports. */
    readonly introspective: number;
  };
  /** Share of valid reports that come in a fenced block of code. */
  readonly fenced: number;
}

export interface BySetting<T> {
  readonly instilled: T;
  readonly native: T;
}

/** Insight before introspection training, and after as much of it as the model can use. */
export interface InsightLevels {
  readonly untrained: number;
  readonly trained: number;
}

/**
 * Found by `calibrateProfile` (calibrate-profile.ts) with 5,000 contexts and seed 1, ten minutes a
 * model, and rounded to three decimals: settings of the laws at which a study of the paper's size
 * has the paper's figures. test/simulation/server/calibration.test.ts holds them against the paper.
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

/** Of any other model: round numbers between the two. */
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
