/**
 * The fits of a study with what each of them is about, for whoever keeps or shows them.
 */
import type { FitJob, FitResult } from '../regression/job.js';
import type { Setting } from './learned-weights.js';

/** What a fit tells of. */
export interface FitSubject {
  readonly kind: 'weights' | 'correlation' | 'effect';
  /** The base model; absent for an effect, which is over all of them. */
  readonly model?: string;
  readonly setting: Setting;
  /** Of a weight regression. */
  readonly context?: string;
}

export interface PlannedFit {
  readonly job: FitJob;
  readonly subject: FitSubject;
}

/**
 * Sees the fits of a study go by: it is told of a round of them before the first is made, and what
 * it returns is called with each as soon as it is done, draws included. Rounds follow each other.
 */
export type FitObserver = (round: readonly PlannedFit[]) => (fit: FitResult) => void;
