/** What is left out at once: rows, choice sets, or whole groups; with or without group effects integrated out. */
import { badArgument, described } from '../../checks/values.js';
import type { LogLikelihood } from '../../posterior/log-likelihood.js';
import type { PredictingFit } from '../after/linear-predictor.js';
import type { FittedRegression } from '../fitted-regression.js';
import { predictiveLikelihood } from './criteria.js';
import { equalObservations, rowsOfObservations } from './held-out.js';
import { integratedGroup, levelLikelihood, rowLikelihood } from './integrated-likelihood.js';
import { labelsOfObservations, type RowLabels } from './row-labels.js';

export interface ObservationOptions {
  /**
   * Group whose effects are integrated out of the likelihood of each row, `item` for `(1 | item)`: rows are left out
   * one by one as before, but Pareto k are lower where groups have few rows. @default none
   */
  readonly integrate?: string | undefined;
  /**
   * Groups that are left out whole, and scored jointly: how well is a new group predicted? A column of the formula or
   * a value for each row; effects of that group are integrated out. @default rows, or choice sets, one by one
   */
  readonly grouped?: RowLabels | undefined;
}

export interface Observations {
  /** Log likelihoods of the observations by a fit to the same data. */
  likelihoodOf(fit: PredictingFit): LogLikelihood;
  /** Rows of each. */
  readonly rowsOf: readonly (readonly number[])[];
  /** A number for each, the same for those that are equal, which the same fit can leave out. */
  readonly classOf: ArrayLike<number>;
  /** Names of groups that are left out whole. */
  readonly labels?: readonly string[];
  /** True if the likelihood is an integral over group effects. */
  readonly isIntegrated: boolean;
}

/** @throws WeighbridgeError `bad-argument` for both options at once, or a group that cannot be integrated */
export function observationsOf(
  fit: FittedRegression,
  { integrate, grouped }: ObservationOptions,
): Observations {
  const { data } = fit.specification;
  if (integrate !== undefined && grouped !== undefined) {
    throw badArgument(
      'rows are left out with effects integrated, or groups whole: expected one of integrate and grouped',
    );
  }
  if (integrate !== undefined) {
    if (typeof integrate !== 'string') {
      throw badArgument(`integrate is ${described(integrate)}, expected the name of a group`);
    }
    const group = integratedGroup(fit, integrate, 'integrate');
    return {
      likelihoodOf: (one) => rowLikelihood(one, group),
      rowsOf: rowsOfObservations(data),
      classOf: equalObservations(data),
      isIntegrated: true,
    };
  }
  if (grouped !== undefined) return groupsOf(fit, grouped);
  return {
    likelihoodOf: predictiveLikelihood,
    rowsOf: rowsOfObservations(data),
    classOf: equalObservations(data),
    isIntegrated: false,
  };
}

function groupsOf(fit: FittedRegression, grouped: RowLabels): Observations {
  const { data } = fit.specification;
  if (typeof grouped === 'string' && data.groups.some(({ group }) => group === grouped)) {
    const group = integratedGroup(fit, grouped, 'grouped');
    return {
      likelihoodOf: (one) => levelLikelihood(one, group),
      rowsOf: group.rowsOf,
      classOf: [...group.levels.keys()],
      labels: group.levels,
      isIntegrated: true,
    };
  }
  const rows = rowsOfObservations(data);
  const labelOf = labelsOfObservations(fit, 'grouped', grouped, rows);
  const labels = [...new Set(labelOf)].sort();
  const place = new Map(labels.map((label, g) => [label, g]));
  const members: number[][] = labels.map(() => []);
  labelOf.forEach((label, i) => {
    members[place.get(label) ?? 0].push(i);
  });
  return {
    likelihoodOf: (one) => jointLikelihood(predictiveLikelihood(one), members),
    rowsOf: members.map((own) => own.flatMap((i) => rows[i])),
    classOf: [...labels.keys()],
    labels,
    isIntegrated: false,
  };
}

/** Sums of the log likelihoods of the members of each group. */
function jointLikelihood(
  likelihood: LogLikelihood,
  members: readonly (readonly number[])[],
): LogLikelihood {
  const draws = likelihood.chains * likelihood.drawsPerChain;
  const one = new Float64Array(draws);
  return {
    ...likelihood,
    rows: members.length,
    block(first, count, target) {
      target.fill(0, 0, count * draws);
      for (let g = 0; g < count; g++) {
        for (const i of members[first + g]) {
          likelihood.block(i, 1, one);
          for (let s = 0; s < draws; s++) target[g * draws + s] += one[s];
        }
      }
    },
  };
}
