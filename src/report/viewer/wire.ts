/**
 * What the server tells the page: the shapes on both ends of the wire. They are those of the
 * result folder, less what only one context needs.
 */
import type {
  ContextRecord,
  FitRecord,
  ReportRecord,
  ResultDocument,
  TrialRecord,
} from '../result-folder/format.js';

/** `GET /api/result`: the document without the weights, which the fits have too. */
export interface ResultReply {
  readonly folder: string;
  readonly result: Omit<ResultDocument, 'weights' | 'appendix_d'>;
  /** Pictures of the folder, as addresses. */
  readonly pictures: readonly string[];
}

/** One line of `GET /api/fits`: what a fit is and how it went, without its parameters. */
export interface FitEntry {
  readonly name: string;
  readonly kind: FitRecord['kind'];
  readonly model: string | null;
  readonly setting: 'instilled' | 'native' | null;
  readonly context: string | null;
  readonly diagnostics: FitRecord['diagnostics'];
  readonly warnings: readonly string[];
}

export interface FitsReply {
  readonly fits: readonly FitEntry[];
}

/** `GET /api/fits/:name`: the whole record, and what the result says of its weights. */
export interface FitReply {
  readonly fit: FitRecord;
  /** Of a weight regression: the paper's scale, and means by control variates. */
  readonly weights: ResultDocument['weights'][string][number] | null;
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
    readonly reports: readonly ReportRecord[];
  }[];
}

/**
 * `GET /api/prompt?model=&setting=&context=` with `&trial=`, or with `&file=&report=`: rebuilt from
 * the context and the options.
 */
export interface PromptReply {
  readonly system: string;
  /** null with a report. */
  readonly decision: string | null;
  readonly introspection: string;
}

/** Any answer that is not what was asked for. */
export interface ErrorReply {
  readonly error: { readonly code: string; readonly message: string };
}

export type { ContextRecord, FitRecord, ReportRecord, TrialRecord };
