/**
 * Hamiltonian Monte Carlo with leapfrog trajectories of fixed integration time (Duane et al. 1987;
 * Neal 2011, §3.3).
 */
import { copyEvaluated, energy, leapfrog, newPhasePoint, refreshMomentum } from './hamiltonian.js';
import type { KernelMaker } from './kernel.js';
import type { Model } from './model.js';
import { metropolisTransition } from './trajectory.js';

export interface StaticHmcOptions {
  /** Integration time of a trajectory: step size times number of steps. */
  integrationTime: number;
  /**
   * Each trajectory's step size is multiplied by uniform(1 - jitter, 1 + jitter), which breaks
   * resonance with the target's own periods (Neal 2011, §3.2). In [0, 1).
   *
   * @default 0
   */
  jitter?: number;
}

/** Bounds the cost of a trajectory when the step size is far below the integration time. */
const MAX_STEPS = 1024;

export function staticHmc(
  model: Model,
  { integrationTime, jitter = 0 }: StaticHmcOptions,
): KernelMaker {
  const point = newPhasePoint(model.dimension);
  return ({ stepSize, metric }) => {
    const trajectory = {
      point,
      gradientsPerStep: 1,
      step: (size: number) => leapfrog(model, metric, point, size),
      energy: () => energy(point),
    };
    const steps = Math.min(MAX_STEPS, Math.max(1, Math.floor(integrationTime / stepSize)));
    return {
      transition(current, random) {
        const length = {
          steps,
          stepSize: jitter === 0 ? stepSize : stepSize * (1 + jitter * (2 * random.uniform() - 1)),
        };
        copyEvaluated(current, point);
        refreshMomentum(metric, point, random);
        return metropolisTransition(trajectory, length, current, random);
      },
    };
  };
}
