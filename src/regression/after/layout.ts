/**
 * Positions of each kind of parameter among the draws of a fit, by group term. The order is brms'
 * and is defined once, in `models/reported-parameters.ts`.
 */
import { reportedLayout } from '../../../models/reported-parameters.js';
import { WeighbridgeError } from '../../errors.js';
import type { FittedRegression } from '../fitted-regression.js';

export interface GroupLayout {
  readonly group: string;
  /** brms' names: `Intercept`, `x`. */
  readonly coefficients: readonly string[];
  readonly levels: readonly string[];
  /** Index of the first standard deviation; one per coefficient. */
  readonly sds: number;
  /** Index of the first correlation; pairs in the order (1,2), (1,3), (2,3) …. */
  readonly correlations: number;
  /** 0 if correlations are not estimated: `(x || g)`. */
  readonly correlationCount: number;
  /** Index of the first effect, row-major (coefficient, level). */
  readonly effects: number;
}

export interface Layout {
  /**
   * 1 if there is an intercept, which is the first coefficient; the number of thresholds of an ordinal
   * family, which come first and are no part of the linear predictor; else 0.
   */
  readonly intercepts: number;
  /** True if the intercepts are thresholds. */
  readonly hasThresholds: boolean;
  /** Names of coefficients without `b_` and `bsp_`, intercept included; their indices start at 0. */
  readonly coefficients: readonly string[];
  readonly groups: readonly GroupLayout[];
  /** The family's own parameters, such as `sigma`, and the index of the first. */
  readonly auxiliary: { readonly names: readonly string[]; readonly first: number };
  /** Parameters of terms such as s(x), `sds_sx_1`, and the index of the first. */
  readonly terms: { readonly names: readonly string[]; readonly first: number };
  /** Index of the first parameter of latent predictors, which are the last. */
  readonly latents: number;
}

/** @throws WeighbridgeError `bad-data` if the draws do not match the specification */
export function layoutOf({
  specification,
  draws,
}: Pick<FittedRegression, 'specification' | 'draws'>): Layout {
  const { parameterNames } = draws;
  const reported = reportedLayout(specification);
  if (reported.length !== parameterNames.length) {
    throw new WeighbridgeError(
      'bad-data',
      `the draws have ${parameterNames.length} parameters, expected the model's ${reported.length}`,
    );
  }
  let { sds, correlations } = reported;
  const groups = specification.data.groups.map((term, index): GroupLayout => {
    const { group, coefficients, levels, correlated } = term;
    const size = coefficients.length;
    const correlationCount = correlated ? (size * (size - 1)) / 2 : 0;
    const place = { sds, correlations, correlationCount, effects: reported.groupEffects[index] };
    sds += size;
    correlations += correlationCount;
    return { group, coefficients, levels, ...place };
  });
  const firstEffect = reported.groupEffects[0] ?? reported.latents;
  const firstOfTerms = reported.terms[0] ?? firstEffect;
  return {
    intercepts: reported.slopes,
    hasThresholds: reported.thresholds > 0,
    coefficients: parameterNames.slice(0, reported.sds).map((name) => name.replace(/^b(sp)?_/, '')),
    groups,
    auxiliary: {
      names: parameterNames.slice(reported.auxiliary, firstOfTerms),
      first: reported.auxiliary,
    },
    terms: { names: parameterNames.slice(firstOfTerms, firstEffect), first: firstOfTerms },
    latents: reported.latents,
  };
}
