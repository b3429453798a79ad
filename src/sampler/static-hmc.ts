/**
 * Hamiltonian Monte Carlo with leapfrog trajectories of fixed integration time (Duane et al. 1987;
 * Neal 2011, §3.3).
 */
import { copyEvaluated, energy, leapfrog, newPhasePoint, refreshMomentum } from './hamiltonian.js';
import { type Kernel, newTransition } from './kernel.js';
import type { Model } from './model.js';
import { endOfTrajectory, type Trajectory } from './trajectory.js';

export interface StaticHmcOptions {
  /** Integration time of a trajectory: step size times number of steps. */
  integrationTime: number;
  /**
   * Each trajectory's step size is multiplied by uniform(1 - jitter, 1 + jitter), which breaks
   * resonance with the target's own periods (Neal 2011, §3.2). 0 to 1, 0 unless given.
   */
  jitter?: number;
}

/** A step size far below the integration time must not make one trajectory endless. */
const MAX_STEPS = 1024;

export function staticHmc(model: Model, { integrationTime, jitter = 0 }: StaticHmcOptions): Kernel {
  const point = newPhasePoint(model.dimension);
  const outcome = newTransition();

  return {
    transition(current, stepSize, metric, random) {
      const trajectory: Trajectory = {
        point,
        step: (size) => leapfrog(model, metric, point, size),
        energy: () => energy(point),
      };
      const length = {
        steps: Math.min(MAX_STEPS, Math.max(1, Math.floor(integrationTime / stepSize))),
        stepSize: jitter === 0 ? stepSize : stepSize * (1 + jitter * (2 * random.uniform() - 1)),
      };
      copyEvaluated(current, point);
      refreshMomentum(metric, point, random);
      return endOfTrajectory(trajectory, length, current, random, outcome);
    },
  };
}
