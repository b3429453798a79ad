/** The replies of the server to the page, made of the records of a result folder. */
import type { ChoiceCheck } from '../analysis/choice-check.js';
import type {
  ContextRecord,
  ContextWeights,
  FitRecord,
  ReportRecord,
  ResultDocument,
  TrialRecord,
} from '../result/format.js';
import type { Setting } from '../study/study.js';

/** `GET /api/result`: the document without the weights, which the fits have too. */
export interface ResultReply {
  readonly folder: string;
  readonly result: Omit<ResultDocument, 'weights' | 'appendix_d'>;
  /** Addresses of the pictures. */
  readonly pictures: readonly string[];
}

/** One entry of `GET /api/fits`: a fit without its parameters. */
export type FitEntry = Pick<
  FitRecord,
  'name' | 'kind' | 'model' | 'setting' | 'context' | 'diagnostics' | 'warnings'
>;

export interface FitsReply {
  readonly fits: readonly FitEntry[];
}

/** `GET /api/fits/:name`. */
export interface FitReply {
  readonly fit: FitRecord;
  /** The weights that a weight regression found; null for other fits. */
  readonly weights: LearnedWeightsReply | null;
}

interface LearnedWeightsReply extends ContextWeights {
  /** From log-odds to the paper's scale, on which the largest absolute mean is 100. */
  readonly scale: number;
}

/** `GET /api/contexts`. */
export interface ContextsReply {
  readonly contexts: readonly ContextRecord[];
}

/** `GET /api/trials?model=&setting=&context=`. */
export interface TrialsReply {
  readonly trials: readonly TrialRecord[];
}

/** `GET /api/reports?model=&setting=&context=`: by the names of the layout's report files. */
export interface ReportsReply {
  readonly reports: readonly {
    readonly file: string;
    /** The stage of training in words. */
    readonly stage: string;
    readonly reports: readonly ReportRecord[];
  }[];
}

/** `GET /api/check?model=&setting=&context=`: the posterior predictive check of a weight regression. */
export interface CheckReply {
  /** null if no trial of the context has a choice. */
  readonly check: CheckRecord | null;
}

export interface CheckRecord extends Omit<ChoiceCheck, 'replicated'> {
  /** One string a draw, with '1' for A and '0' for B in each trial. */
  readonly replicated: readonly string[];
}

/**
 * `GET /api/prompt?model=&setting=&context=` with `&trial=` or with `&file=&report=`: the prompts,
 * rebuilt from the context and the options.
 */
export interface PromptReply {
  readonly system: string;
  /** null for a report. */
  readonly decision: string | null;
  readonly introspection: string;
}

/** The reply to a request that failed. */
export interface ErrorReply {
  readonly error: { readonly code: string; readonly message: string };
}

export type { ContextRecord, FitRecord, ReportRecord, Setting, TrialRecord };
