/**
 * Parameter recovery of a regression: outcomes at the predictors that it has and at the values that
 * are given, with the effects of groups drawn anew each time; a fit to each set of outcomes.
 */
import { auxiliaryLowerBound, auxiliaryOf } from '../../../models/families/family.js';
import { writeCorrelatedEffects } from '../../../models/multilevel/correlation-cholesky.js';
import type { GroupEffects, RegressionSpecification } from '../../../models/regression-data.js';
import { reportedLayout, reportedNames } from '../../../models/reported-parameters.js';
import { WeighbridgeError } from '../../errors.js';
import { didYouMean, listed } from '../../formula/names.js';
import { cholesky } from '../../linear-algebra/cholesky.js';
import type { RandomStream } from '../../random/stream.js';
import { prepare } from '../prepare.js';
import { isGroupEffect } from './group-effects.js';
import { type Recovery, recover, requireValuesByName } from './recover.js';
import {
  byName,
  inOrder,
  regressionFitter,
  type SimulatedRegressionOptions,
  simulatedRegression,
} from './simulated-regression.js';
import type { ParameterValues } from './simulation-run.js';

export interface RecoverRegressionOptions extends SimulatedRegressionOptions {
  /**
   * The true value of every parameter but the group effects, by brms' names: `{ b_Intercept: 0,
   * b_x1: 0.5, sd_g__Intercept: 1, sigma: 2 }`.
   */
  readonly at: ParameterValues;
}

/**
 * @throws WeighbridgeError `bad-argument` where a value is missing, of no parameter, or out of
 *   range; `interrupted` where the signal was given; and as `regression`
 */
export async function recoverRegression(options: RecoverRegressionOptions): Promise<Recovery> {
  const { specification } = prepare(options, ['simulations', 'at'], 'recoverRegression');
  const { at, simulations, seed, onProgress, signal } = options;
  const names = reportedNames(specification);
  requireValuesByName(at);
  requireValues(specification, at);
  const simulate = simulatedRegression(specification);
  const effects = groupEffectsAt(specification, inOrder(at, names));
  return recover<RegressionSpecification>({
    at,
    simulate: (_, random) => simulate(byName(names, effects(random)), random),
    fit: regressionFitter(options),
    onProgress,
    signal,
    ...(simulations !== undefined && { simulations }),
    ...(seed !== undefined && { seed }),
  });
}

/** Names in a message: those of a regression of a usual size. */
const MOST = 20;

function requireValues(specification: RegressionSpecification, at: ParameterValues): void {
  const fail = (message: string): never => {
    throw new WeighbridgeError('bad-argument', message);
  };
  const wanted = reportedNames(specification).filter((name) => !isGroupEffect(name));
  const unknown = Object.keys(at).find((name) => !wanted.includes(name));
  if (unknown !== undefined) {
    const near = didYouMean(unknown, wanted);
    fail(`at.${unknown} is no parameter of this regression${near}: it has ${listed(wanted, MOST)}`);
  }
  const missing = wanted.filter((name) => !Object.hasOwn(at, name));
  if (missing.length > 0) {
    fail(`at has no value for ${listed(missing, MOST)}: expected one for each`);
  }
  const { family } = specification;
  for (const [name, value] of Object.entries(at)) {
    const auxiliary = auxiliaryOf(family).find((one) => one === name);
    if (auxiliary && !(value > auxiliaryLowerBound[auxiliary])) {
      fail(`at.${name} is ${value}, but must be above ${auxiliaryLowerBound[auxiliary]}`);
    }
    if (name.startsWith('sd_') && !(value >= 0))
      fail(`at.${name} is ${value}, but must be at least 0`);
  }
}

/** Makes all parameters: those given, and group effects r = diag(s) L z drawn from them. */
function groupEffectsAt(
  specification: RegressionSpecification,
  parameters: Float64Array,
): (random: RandomStream) => Float64Array {
  const layout = reportedLayout(specification);
  let { sds, correlations } = layout;
  const terms = specification.data.groups.map((group, term) => {
    const size = group.coefficients.length;
    const factor = correlationFactorAt(group, parameters, correlations);
    const deviations = parameters.subarray(sds, sds + size);
    sds += size;
    if (group.correlated) correlations += (size * (size - 1)) / 2;
    return { deviations, factor, levels: group.levels.length, start: layout.groupEffects[term] };
  });
  return (random) => {
    const drawn = parameters.slice();
    for (const { deviations, factor, levels, start } of terms) {
      const z = new Float64Array(deviations.length);
      const effects = new Float64Array(deviations.length);
      for (let level = 0; level < levels; level++) {
        random.normals(z);
        writeCorrelatedEffects(deviations, factor, z, effects);
        effects.forEach((effect, c) => {
          drawn[start + c * levels + level] = effect;
        });
      }
    }
    return drawn;
  };
}

/** L of the correlations L Lᵀ, lower triangular and row-major. */
function correlationFactorAt(
  { group, coefficients, correlated }: GroupEffects,
  parameters: Float64Array,
  correlations: number,
): Float64Array {
  const size = coefficients.length;
  const matrix = new Float64Array(size * size);
  let at = correlations;
  for (let c = 0; c < size; c++) {
    matrix[c * size + c] = 1;
    for (let j = 0; correlated && j < c; j++) {
      matrix[c * size + j] = matrix[j * size + c] = parameters[at++];
    }
  }
  const factor = cholesky(matrix, size);
  if (factor === null) {
    throw new WeighbridgeError(
      'bad-argument',
      `at.cor_${group}__… are the correlations of no matrix: expected ones between -1 and 1 that go together`,
    );
  }
  return factor;
}
