/** Long computations in steps: a caller can report progress between them, or stop. */

export interface StepProgress {
  readonly done: number;
  readonly total: number;
}

/** A computation that pauses from time to time. */
export type Steps<Result> = Generator<StepProgress, Result, undefined>;

/** Runs all steps at once. */
export function finished<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
