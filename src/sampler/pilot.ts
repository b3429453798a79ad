/**
 * A pilot: short chains of split HMC that show how it mixes before a fit is sampled by it. They come
 * from random streams of their own, and their draws are never kept, so that the choice of the algorithm
 * cannot depend on the draws of the fit.
 */
import { quickStream } from '../random/quick-stream.js';
import { copyEvaluated, copyVector, newEvaluatedPoint } from './hamiltonian.js';
import type { SplitPlan } from './plan.js';
import { splitHmc, splitStart } from './split-hmc.js';

/** The draws of a pilot, chain after chain. */
interface PilotDraws {
  readonly chains: number;
  /** One array per reported parameter. */
  readonly parameters: readonly Float64Array[];
}

/**
 * Samples a pilot. It depends on the seed and the fit only, not on the number of draws or chains.
 *
 * @param draws per chain, after `warmup` transitions
 */
export function pilotDraws(
  plan: SplitPlan,
  seed: number | string,
  fit: string,
  { chains, warmup, draws }: { chains: number; warmup: number; draws: number },
): PilotDraws {
  const { target, steps } = plan;
  const kernel = splitHmc(target, steps);
  const row = new Float64Array(target.parameterNames.length);
  const parameters = Array.from(row, () => new Float64Array(chains * draws));
  for (let chain = 0; chain < chains; chain++) {
    const random = quickStream(seed, fit, 'pilot', chain);
    const reporting = quickStream(seed, fit, 'pilot', chain, 'reported');
    const current = newEvaluatedPoint(target.dimension);
    copyEvaluated(plan.origins[chain] ?? splitStart(plan, random), current);
    for (let i = 0; i < warmup; i++) kernel.transition(current, random);
    for (let draw = 0; draw < draws; draw++) {
      kernel.transition(current, random);
      if (target.constrain) target.constrain(current.position, row, reporting);
      else copyVector(current.position, row);
      for (let j = 0; j < row.length; j++) parameters[j][chain * draws + draw] = row[j];
    }
  }
  return { chains, parameters };
}
