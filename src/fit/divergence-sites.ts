/**
 * Where the trajectories of a fit broke off: the steps at which the energy error of a divergent
 * transition exceeded the threshold, as reported parameters.
 */
import type { ModelSpecification } from '../../models/model-specification.js';
import type { RandomStream } from '../random/stream.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { ChainRecord } from './fit.js';
import { planFit } from './plan.js';
import { modelOf } from './specification.js';

/** More say nothing more. */
const MOST_SITES = 400;

/**
 * Converts positions of the chains to parameters.
 *
 * @param name that of the fit, on which its plan depends
 * @param random draws effects that were integrated out
 * @returns one array per divergent transition, evenly spaced if there are many; none of a loaded fit
 */
export function divergenceSites(
  specification: ModelSpecification,
  settings: SamplerSettings,
  name: string,
  chains: readonly ChainRecord[],
  random: RandomStream,
): Float64Array[] {
  const positions = chains.flatMap(({ terminations }) =>
    terminations ? [terminations.divergencePositions] : [],
  );
  if (positions.every(({ length }) => length === 0)) return [];
  const model = modelOf(specification);
  const { plan } = planFit(model, settings, name);
  // The coordinates in which the chains moved.
  const moving = plan.target ?? model;
  const { dimension } = moving;
  const all = positions.flatMap((ofChain) =>
    Array.from({ length: ofChain.length / dimension }, (_, i) =>
      ofChain.subarray(i * dimension, (i + 1) * dimension),
    ),
  );
  const step = Math.max(1, all.length / MOST_SITES);
  return Array.from({ length: Math.min(all.length, MOST_SITES) }, (_, i) => {
    const position = all[Math.floor(i * step)];
    const site = new Float64Array(moving.parameterNames.length);
    if (moving.constrain) moving.constrain(position.slice(), site, random);
    else site.set(position);
    return site;
  });
}
