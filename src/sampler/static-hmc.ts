/**
 * Hamiltonian Monte Carlo with a trajectory of fixed integration time and a Metropolis step at
 * its end (Duane et al. 1987; Neal 2011, §3.3).
 */
import { copyEvaluated, energy, leapfrog, newPhasePoint, refreshMomentum } from './hamiltonian.js';
import { DIVERGENCE_THRESHOLD, type Kernel, newTransition } from './kernel.js';
import type { Model } from './model.js';

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
      const step = jitter === 0 ? stepSize : stepSize * (1 + jitter * (2 * random.uniform() - 1));
      const steps = Math.min(MAX_STEPS, Math.max(1, Math.floor(integrationTime / stepSize)));
      copyEvaluated(current, point);
      refreshMomentum(metric, point, random);
      const initialEnergy = energy(point);
      let finalEnergy = initialEnergy;
      // Of all energies on the way, so that the way back is cut off where the way there is.
      let lowest = initialEnergy;
      let highest = initialEnergy;
      let taken = 0;
      while (taken < steps && highest - lowest <= DIVERGENCE_THRESHOLD) {
        leapfrog(model, metric, point, step);
        finalEnergy = energy(point);
        lowest = Math.min(lowest, finalEnergy);
        highest = Math.max(highest, finalEnergy);
        taken++;
      }
      outcome.divergent = highest - lowest > DIVERGENCE_THRESHOLD;
      outcome.acceptance = Math.min(1, Math.exp(initialEnergy - finalEnergy));
      const accepted = !outcome.divergent && random.uniform() < outcome.acceptance;
      if (accepted) copyEvaluated(point, current);
      outcome.energy = accepted ? finalEnergy : initialEnergy;
      outcome.leapfrogSteps = taken;
      return outcome;
    },
  };
}
