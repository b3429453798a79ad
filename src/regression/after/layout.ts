/**
 * Where each kind of parameter stands among the draws of a fit, by group term. The order is brms'
 * and is written once, in `models/reported-parameters.ts`.
 */
import { reportedLayout } from '../../../models/reported-parameters.js';
import { WeighbridgeError } from '../../errors.js';
import type { FittedRegression } from '../fitted-regression.js';

export interface GroupLayout {
  readonly group: string;
  /** brms' names: `Intercept`, `x`. */
  readonly coefficients: readonly string[];
  readonly levels: readonly string[];
  /** Place of the first standard deviation; one a coefficient. */
  readonly sds: number;
  /** Place of the first correlation, pairs in the order (1,2), (1,3), (2,3) …. */
  readonly correlations: number;
  /** 0 where they are not estimated: `(x || g)`. */
  readonly correlationCount: number;
  /** Place of the first effect, row-major (coefficient, level). */
  readonly effects: number;
}

export interface Layout {
  /** 1 where there is an intercept, which stands first of the coefficients; else 0. */
  readonly intercepts: number;
  /** Names of coefficients without `b_`, the intercept's among them; their places start at 0. */
  readonly coefficients: readonly string[];
  readonly groups: readonly GroupLayout[];
  /** The family's own parameters, such as `sigma`, and the place of the first. */
  readonly auxiliary: { readonly names: readonly string[]; readonly first: number };
}

/** @throws WeighbridgeError `bad-data` where the draws are not those of the specification. */
export function layoutOf({ specification, fit }: FittedRegression): Layout {
  const { parameterNames } = fit.draws;
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
  const firstEffect = reported.groupEffects[0] ?? reported.length;
  return {
    intercepts: reported.intercept,
    coefficients: parameterNames.slice(0, reported.sds).map((name) => name.replace(/^b_/, '')),
    groups,
    auxiliary: {
      names: parameterNames.slice(reported.auxiliary, firstEffect),
      first: reported.auxiliary,
    },
  };
}
