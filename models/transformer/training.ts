/** Training of a transformer, step by step. */
import type { Passage } from './passage.js';
import type { AdamSettings, Transformer } from './transformer.js';

interface TrainingPlan extends Omit<AdamSettings, 'rate'> {
  readonly steps: number;
  /** The largest rate: reached after `warmup` of the steps, then falling in a line to zero. */
  readonly rate: number;
  /** Share of the steps. @default 0.05 */
  readonly warmup?: number;
  /** The passages of a step, from 0. All outputs have targets. */
  batch(step: number): readonly Passage[];
}

export interface TrainingStep {
  /** Steps done. */
  readonly done: number;
  readonly total: number;
  /** Mean loss of the step's batch, before the step. */
  readonly loss: number;
  /** Learning rate of the step. */
  readonly rate: number;
}

/** Trains while it is iterated, one step at a time, so that the caller can stop or wait between steps. */
export function* trainingSteps(model: Transformer, plan: TrainingPlan): Generator<TrainingStep> {
  const { steps, rate, warmup = 0.05, batch, ...settings } = plan;
  const rising = Math.max(1, Math.round(warmup * steps));
  for (let step = 0; step < steps; step++) {
    const loss = model.gradient(batch(step));
    const share = Math.min((step + 1) / rising, (steps - step) / Math.max(1, steps - rising));
    const now = rate * Math.min(1, share);
    model.step({ ...settings, rate: now });
    yield { done: step + 1, total: steps, loss, rate: now };
  }
}
