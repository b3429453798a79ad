/**
 * Slopes whose priors have a scale that is itself a parameter, the same for all that name it:
 *
 *     β_j = location_j + τ z_j,   z_j ~ the distribution with location 0 and scale 1,   τ ~ its own prior
 *
 * Parameters of the block: z, and τ, which is reported under its name.
 */
import type { Prior, SharedScalePrior } from '../prior-distributions.js';
import type { CoefficientBlock } from './block.js';

/** @param priors of the columns, one each */
export function sharedScaleBlock(
  priors: readonly SharedScalePrior[],
  columns: readonly number[],
  { name, prior }: { readonly name: string; readonly prior: Prior },
): CoefficientBlock {
  return {
    columns,
    own: priors.map(unitPrior),
    further: [prior],
    reports: {
      names: [name],
      write({ further }, reported) {
        reported[0] = further[0];
      },
    },
    write({ own, further }, coefficients) {
      for (let j = 0; j < own.length; j++) {
        coefficients[j] = priors[j].location + further[0] * own[j];
      }
    },
    pull({ own, further }, slopes, gradient) {
      gradient.further[0] = 0;
      for (let j = 0; j < own.length; j++) {
        gradient.own[j] = further[0] * slopes[j];
        gradient.further[0] += own[j] * slopes[j];
      }
    },
  };
}

function unitPrior(prior: SharedScalePrior): Prior {
  switch (prior.of) {
    case 'normal':
      return { distribution: 'normal', mean: 0, sd: 1 };
    case 'student_t':
      return { distribution: 'student_t', df: prior.df, location: 0, scale: 1 };
    default:
      return { distribution: prior.of, location: 0, scale: 1 };
  }
}
