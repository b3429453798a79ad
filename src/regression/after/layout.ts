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

interface PlacedParameter {
  readonly name: string;
  readonly place: number;
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
  /** Parameters of terms such as mo(x), with brms' names: `bsp_mox`, `simo_mox1[1]`. */
  readonly terms: readonly PlacedParameter[];
  /** Parameters of priors: scales that slopes share. */
  readonly priorParameters: readonly PlacedParameter[];
  /** Index of the first parameter of latent predictors, which are the last. */
  readonly latents: number;
}

/** The sizes of terms and slopes of splines, which are population-level effects; named without `bsp_` and `bs_`. */
export function sizesOfTerms({ terms }: Layout): Layout['terms'] {
  return terms.flatMap(({ name, place }) =>
    /^bsp?_/.test(name) ? [{ name: name.replace(/^bsp?_/, ''), place }] : [],
  );
}

/** `x` of `b_x`, `x[1]` of `bcs_x[1]`, `mexs` of `bsp_mexs`. */
function coefficientOf(name: string): string {
  return name.replace(/^b(?:cs|sp)?_/, '');
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
  const firstTerm = reported.terms[0] ?? reported.priorParameters;
  const placed = (from: number, to: number) =>
    parameterNames.slice(from, to).map((name, t) => ({ name, place: from + t }));
  return {
    intercepts: reported.slopes,
    hasThresholds: reported.thresholds > 0,
    coefficients: parameterNames.slice(0, reported.sds).map(coefficientOf),
    groups,
    auxiliary: {
      names: parameterNames.slice(reported.auxiliary, firstTerm),
      first: reported.auxiliary,
    },
    terms: placed(firstTerm, reported.priorParameters),
    priorParameters: placed(reported.priorParameters, firstEffect),
    latents: reported.latents,
  };
}
