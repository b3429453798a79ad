/**
 * A regression whose data are far from zero for their spread, very large or very small, in units in
 * which they are neither: so that sampling, the search for the mode and sums of squares are those of
 * ordinary data. Ordinary data are left as they are.
 *
 *     x′_j = (x_j − c_j) / m_j,   y′ = (y − offset − α₀ − Σ_j β₀_j (x_j − x̄_j)) / s        (identity link)
 *     α = α₀ + s α′,   β_j = β₀_j + (s / m_j) β′_j,   σ = s σ′,   sd = (s / m) sd′
 *
 * with m_j and s powers of two, which cost no digits, and c_j, α₀ and β₀_j other than zero only where
 * there is an intercept to take them, or where the outcomes' own least squares are far from zero. A
 * link other than the identity has s in its intercept (log: α = log s + α′) or in its unit (inverse).
 * For the other families only the predictors and offsets are standardized.
 *
 * Priors are those of the user's parameters, evaluated there (prior-distributions/moved.ts), and what is
 * reported is in the user's units. The log density is that of the standardized data: it differs from
 * that of the user's by a constant.
 */
import { WeighbridgeError } from '../src/errors.js';
import { auxiliaryOf } from './families/family.js';
import { centrePredictors, type Predictors } from './predictors.js';
import { type Counting, movedPrior, type Prior } from './prior-distributions.js';
import type { GroupEffects, RegressionData, RegressionSpecification } from './regression-data.js';
import { reportedLayout } from './reported-parameters.js';
import { columnCountings, countedColumns, unitsOfColumns } from './standardized/columns.js';
import { type CountedOutcomes, countedOutcomes, sizeOfEta } from './standardized/outcomes.js';

export interface StandardizedRegression {
  readonly specification: RegressionSpecification;
  /** Reported parameters of the standardized regression to those of the user's, in place. */
  restore(reported: Float64Array): void;
}

/**
 * Null where the data are to be left as they are.
 *
 * @throws WeighbridgeError `bad-argument` for a prior that is out of all proportion to the data,
 *   `bad-data` where a coefficient would be beyond what a number can be
 */
export function standardized(
  specification: RegressionSpecification,
): StandardizedRegression | null {
  const { family, data, priors } = specification;
  const eta = () => sizeOfEta(specification);
  const columns = columnCountings(data.predictors, data.intercept, {
    priors: priors.coefficients,
    sizeOfEta: eta,
  });
  const groupUnits = data.groups.map(({ values, coefficients }, term) =>
    unitsOfColumns(values, coefficients.length, { priors: priors.sds[term], sizeOfEta: eta }),
  );
  const predictors = countedColumns(data.predictors, columns);
  const outcomes = countedOutcomes(specification, predictors, columns);
  const plain =
    predictors === data.predictors &&
    outcomes === null &&
    groupUnits.every((units) => units.every((unit) => unit === 1));
  if (plain) return null;
  const countings = countingsOf(specification, columns, groupUnits, outcomes);
  const { intercept, slopes, sds, auxiliary } = countings;
  const names = data.predictors.names;
  return {
    specification: {
      family,
      data: {
        ...data,
        outcomes: outcomes?.values ?? data.outcomes,
        offset: outcomes ? outcomes.offset : data.offset,
        predictors,
        groups: data.groups.map((group, term) => countedGroup(group, groupUnits[term])),
      },
      priors: {
        ...priors,
        intercept: priors.intercept && movedPrior(priors.intercept, intercept, 'Intercept'),
        coefficients: moved(priors.coefficients, slopes, names),
        sds: priors.sds.map((own, term) => {
          const { group, coefficients } = data.groups[term];
          return moved(
            own,
            sds[term],
            coefficients.map((name) => `sd_${group}__${name}`),
          );
        }),
        auxiliary: moved(priors.auxiliary, auxiliary, auxiliaryOf(family)),
      },
    },
    restore: restoring(specification, predictors, columns, countings),
  };
}

function moved(priors: readonly Prior[], countings: readonly Counting[], names: readonly string[]) {
  return priors.map((prior, j) => movedPrior(prior, countings[j], names[j]));
}

/** How each parameter of the user's is counted in the standardized regression. */
interface ParameterCountings {
  readonly intercept: Counting;
  readonly slopes: readonly Counting[];
  /** Scales of the group standard deviations and effects, by term and coefficient. */
  readonly sds: readonly (readonly Counting[])[];
  readonly auxiliary: readonly Counting[];
}

const AS_IS: Counting = { origin: 0, unit: 1 };

function countingsOf(
  { family, data }: RegressionSpecification,
  columns: readonly Counting[],
  groupUnits: readonly Float64Array[],
  outcomes: CountedOutcomes | null,
): ParameterCountings {
  const { unit, etaUnit, intercept, slopes } = outcomes ?? {
    unit: 1,
    etaUnit: 1,
    intercept: 0,
    slopes: null,
  };
  const ofColumn = (size: number, name: string, origin = 0): Counting => {
    const own = etaUnit / size;
    if (own >= LEAST_UNIT && own <= MOST_UNIT) return { origin, unit: own };
    throw new WeighbridgeError(
      'bad-data',
      `the coefficient of ${name} would be about ${own.toExponential(0)}, out of range: expected the outcome and the column in units in which they are of like size`,
    );
  };
  return {
    intercept: { origin: intercept, unit: etaUnit },
    slopes: columns.map(({ unit: size }, j) =>
      ofColumn(size, data.predictors.names[j], slopes?.[j] ?? 0),
    ),
    sds: data.groups.map(({ group, coefficients }, term) =>
      coefficients.map((name, c) => ofColumn(groupUnits[term][c], `${name} by ${group}`)),
    ),
    auxiliary: auxiliaryOf(family).map((name) => (name === 'sigma' ? { origin: 0, unit } : AS_IS)),
  };
}

/** Coefficients of a size beyond these would leave the numbers that a computer has. */
const LEAST_UNIT = 1e-290;
const MOST_UNIT = 1e290;

function countedGroup(group: GroupEffects, units: Float64Array): GroupEffects {
  if (units.every((unit) => unit === 1)) return group;
  const width = units.length;
  return { ...group, values: group.values.map((value, at) => value / units[at % width]) };
}

/**
 * The intercept where the user's predictors are zero: with x_j = c_j + m_j x′_j,
 *
 *     α₀ + s (b′_Intercept) − Σ_j β₀_j x̄_j − Σ_j (s / m_j) β′_j c_j,
 *
 * from which the parts of the slopes that belong to the standardized means have fallen out.
 */
function restoring(
  { family, data }: RegressionSpecification,
  predictors: Predictors,
  columns: readonly Counting[],
  { intercept, slopes, sds, auxiliary }: ParameterCountings,
): (reported: Float64Array) => void {
  const layout = reportedLayout({ family, data });
  const means = meansOf(data, predictors, columns);
  return (reported) => {
    if (layout.intercept === 1) {
      let sum = intercept.origin + intercept.unit * reported[0];
      slopes.forEach(({ origin, unit }, j) => {
        sum -= origin * means[j] + unit * reported[layout.slopes + j] * columns[j].origin;
      });
      reported[0] = sum;
    }
    restore(reported, layout.slopes, slopes);
    restore(reported, layout.sds, sds.flat());
    restore(reported, layout.auxiliary, auxiliary);
    data.groups.forEach(({ levels }, term) => {
      sds[term].forEach(({ unit }, c) => {
        const start = layout.groupEffects[term] + c * levels.length;
        for (let at = start; at < start + levels.length; at++) reported[at] *= unit;
      });
    });
  };
}

function restore(reported: Float64Array, start: number, countings: readonly Counting[]): void {
  countings.forEach(({ origin, unit }, j) => {
    reported[start + j] = origin + unit * reported[start + j];
  });
}

/** x̄_j of the user's predictors, as the model that centres the standardized ones has them. */
function meansOf(
  { intercept }: RegressionData,
  predictors: Predictors,
  columns: readonly Counting[],
): readonly number[] {
  if (!intercept) return columns.map(() => 0);
  const { means } = centrePredictors(predictors);
  return columns.map(({ origin, unit }, j) => origin + unit * means[j]);
}
