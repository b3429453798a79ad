/** The model of a regression specification. */
import { WeighbridgeError } from '../src/errors.js';
import { mapLimits } from '../src/linear-algebra/limits.js';
import type { Model } from '../src/sampler/model.js';
import { hasBlocks } from './coefficient-blocks.js';
import { constantNames, withoutConstants } from './constant-parameters.js';
import { traitsOf } from './families/family.js';
import { generalizedLinear } from './generalized-linear.js';
import { multilevel } from './multilevel.js';
import type { RegressionSpecification } from './regression-data.js';
import { reportedNames } from './reported-parameters.js';
import { standardized } from './standardized.js';
import { withinSets } from './within-sets.js';

export type SpecifiedModel = Model & {
  /** How group effects are sampled, in a sentence; null without group effects. */
  readonly sampledAs: string | null;
  /**
   * Which gradients control which means. With hundreds of coordinates, the whole gradient would cost
   * more than the fit, and its coefficients would be noise.
   *
   * @default all coordinates control all means
   */
  readonly controlBlocks?: readonly ControlBlock[];
};

/** Reported parameters, and the unconstrained coordinates whose gradients control their means. */
export interface ControlBlock {
  readonly parameters: readonly number[];
  readonly coordinates: readonly number[];
}

/**
 * The data in units that suit them (standardized.ts); parameters are reported in the user's.
 *
 * @throws WeighbridgeError `improper-posterior` if slopes with flat priors are not identified;
 *   `bad-data` and `bad-argument` for data and priors that are out of proportion
 */
export function regressionModel(given: RegressionSpecification): SpecifiedModel {
  const others = withoutConstants(given);
  if (others) return withConstants(given, others);
  const specification = withinSets(ofLogarithms(given));
  const standard = standardized(specification);
  if (standard === null) return modelAsIs(specification);
  if (hasBlocks(specification)) {
    throw new WeighbridgeError(
      'bad-data',
      'shrinkage priors and terms such as s(x) have scales that are not those of the data: expected outcomes and predictors in other units, for example scale(x)',
    );
  }
  const model = modelAsIs(standard.specification);
  return {
    ...model,
    constrain(position, parameters, random) {
      model.constrain?.(position, parameters, random);
      standard.restore(parameters);
    },
  };
}

/** The model of the other parameters, which reports the constants too. */
function withConstants(
  given: RegressionSpecification,
  { specification, restore }: NonNullable<ReturnType<typeof withoutConstants>>,
): SpecifiedModel {
  const { controlBlocks: _, ...model } = regressionModel(specification);
  const reported = new Float64Array(model.parameterNames.length);
  return {
    ...model,
    parameterNames: reportedNames(given),
    constants: constantNames(given),
    constrain(position, parameters, random) {
      if (model.constrain) model.constrain(position, reported, random);
      else reported.set(position);
      restore(reported, parameters);
    },
  };
}

/**
 * A lognormal regression as the normal one of the logarithms, with the same parameters; any other as it is.
 * The log densities differ by Σ log y.
 */
export function ofLogarithms(specification: RegressionSpecification): RegressionSpecification {
  const { family, data } = specification;
  if (!traitsOf(family).isLogarithmic) return specification;
  return {
    ...specification,
    family: { ...family, family: 'gaussian' },
    data: {
      ...data,
      outcomes: data.outcomes.map(Math.log),
      ...(data.limits && {
        limits: mapLimits(data.limits, (end) =>
          end > 0 ? Math.log(end) : Number.NEGATIVE_INFINITY,
        ),
      }),
    },
  };
}

function modelAsIs(specification: RegressionSpecification): SpecifiedModel {
  return specification.data.groups.length > 0 || specification.data.latents
    ? multilevel(specification)
    : { ...generalizedLinear(specification), sampledAs: null };
}
