/**
 * Standardizes a regression whose data are very large, very small, or far from zero relative to their
 * spread, so that sampling, the search for the mode and sums of squares are numerically safe. Other
 * data are unchanged.
 *
 *     x′_j = (x_j − c_j) / m_j,   y′ = (y − offset − α₀ − Σ_j β₀_j (x_j − x̄_j)) / s        (identity link)
 *     α = α₀ + s α′,   β_j = β₀_j + (s / m_j) β′_j,   σ = s σ′,   sd = (s / m) sd′
 *
 * with m_j and s powers of two, which cost no digits. c_j, α₀ and β₀_j are nonzero only if an
 * intercept can absorb them, or if the outcomes' own least squares are far from zero. A
 * link other than the identity has s in its intercept (log: α = log s + α′) or in its unit (inverse).
 * For the other families only the predictors and offsets are standardized; of several linear predictors
 * and with predictors that are not known exactly nothing is.
 *
 * Priors are those of the user's parameters, evaluated there (prior-distributions/moved.ts), and what is
 * reported is in the user's units. The log density is that of the standardized data: it differs from
 * that of the user's by a constant.
 */
import { WeighbridgeError } from '../src/errors.js';
import { type Limits, mapLimits } from '../src/linear-algebra/limits.js';
import { auxiliaryOf, type Family, traitsOf } from './families/family.js';
import { thresholdNames } from './families/thresholds.js';
import { movedPrior, type Prior, type Scaling } from './prior-distributions.js';
import {
  centrePredictors,
  type GroupEffects,
  membersOf,
  type Predictors,
  type RegressionData,
  type RegressionSpecification,
} from './regression-data.js';
import { reportedLayout } from './reported-parameters.js';
import {
  columnScalings,
  type ScaledOutcomes,
  scaledColumns,
  scaledOutcomes,
  sizeOfEta,
  unitsOfColumns,
} from './standardized/units.js';

interface StandardizedRegression {
  readonly specification: RegressionSpecification;
  /** Reported parameters of the standardized regression to those of the user's, in place. */
  restore(reported: Float64Array): void;
}

/**
 * Null if the data need no change.
 *
 * @throws WeighbridgeError `bad-argument` for a prior that is out of all proportion to the data,
 *   `bad-data` if a coefficient would be too large or too small for a number
 */
export function standardized(
  specification: RegressionSpecification,
): StandardizedRegression | null {
  const { family, data, priors } = specification;
  if (data.parts || data.latents) return null;
  const eta = () => sizeOfEta(specification);
  const columns = columnScalings(data.predictors, data.intercept, {
    priors: priors.coefficients,
    sizeOfEta: eta,
  });
  const groupUnits = data.groups.map((group, term) =>
    unitsOfColumns(valuesOf(group), group.coefficients.length, {
      priors: priors.sds[term],
      sizeOfEta: eta,
    }),
  );
  const predictors = scaledColumns(data.predictors, columns);
  const outcomes = scaledOutcomes(specification, predictors, columns);
  const plain =
    predictors === data.predictors &&
    outcomes === null &&
    groupUnits.every((units) => units.every((unit) => unit === 1));
  if (plain) return null;
  const scalings = scalingsOf(specification, columns, groupUnits, outcomes);
  const { intercept, slopes, sds, auxiliary } = scalings;
  const names = data.predictors.names;
  return {
    specification: {
      family: inUnits(family, outcomes?.unit ?? 1),
      data: {
        ...data,
        outcomes: outcomes?.values ?? data.outcomes,
        ...(data.limits && outcomes && { limits: scaledLimits(data, outcomes, data.limits) }),
        ...(data.errors && {
          errors: data.errors.map((error) => error / (outcomes?.unit ?? 1)),
        }),
        offset: outcomes ? outcomes.offset : data.offset,
        predictors,
        groups: data.groups.map((group, term) => scaledGroup(group, groupUnits[term])),
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
        ...(priors.thresholds && {
          thresholds: priors.thresholds.map((prior, k) =>
            movedPrior(prior, thresholdScaling(intercept), thresholdNames(family)[k]),
          ),
        }),
      },
    },
    restore: restoring(specification, predictors, columns, scalings),
  };
}

/** Limits move with the outcome of their row, y = y₀ + s y′, whatever y₀. */
function scaledLimits(
  { outcomes }: RegressionData,
  { values, unit }: ScaledOutcomes,
  limits: Limits,
): Limits {
  return mapLimits(limits, (end, row) =>
    end === outcomes[row] ? values[row] : values[row] + (end - outcomes[row]) / unit,
  );
}

/** A fixed σ in the unit of the outcomes. */
function inUnits(family: Family, unit: number): Family {
  const { fixed } = family;
  if (fixed?.sigma === undefined || !traitsOf(family).hasScale) return family;
  return { ...family, fixed: { ...fixed, sigma: fixed.sigma / unit } };
}

function moved(priors: readonly Prior[], scalings: readonly Scaling[], names: readonly string[]) {
  return priors.map((prior, j) => movedPrior(prior, scalings[j], names[j]));
}

/** Origin and unit of each of the user's parameters in the standardized regression. */
interface ParameterScalings {
  readonly intercept: Scaling;
  readonly slopes: readonly Scaling[];
  /** Scales of the group standard deviations and effects, by term and coefficient. */
  readonly sds: readonly (readonly Scaling[])[];
  readonly auxiliary: readonly Scaling[];
}

/** Thresholds are on the other side of the linear predictor: an intercept of +1 is one of −1 of them. */
function thresholdScaling({ origin, unit }: Scaling): Scaling {
  return { origin: -origin, unit };
}

const AS_IS: Scaling = { origin: 0, unit: 1 };

function scalingsOf(
  { family, data }: RegressionSpecification,
  columns: readonly Scaling[],
  groupUnits: readonly Float64Array[],
  outcomes: ScaledOutcomes | null,
): ParameterScalings {
  const { unit, etaUnit, intercept, slopes } = outcomes ?? {
    unit: 1,
    etaUnit: 1,
    intercept: 0,
    slopes: null,
  };
  const ofColumn = (size: number, name: string, origin = 0): Scaling => {
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
    auxiliary: auxiliaryOf(family).map((name) =>
      name === 'sigma' && traitsOf(family).hasScale ? { origin: 0, unit } : AS_IS,
    ),
  };
}

/** Coefficients outside this range of sizes could overflow or underflow. */
const LEAST_UNIT = 1e-290;
const MOST_UNIT = 1e290;

function scaledGroup(group: GroupEffects, units: Float64Array): GroupEffects {
  if (units.every((unit) => unit === 1)) return group;
  const width = units.length;
  const scaled = (values: Float64Array) => values.map((value, at) => value / units[at % width]);
  const { values, further } = group;
  return {
    ...group,
    values: scaled(values),
    ...(further && {
      further: further.map((member) => ({ ...member, values: scaled(member.values) })),
    }),
  };
}

/** The values of all members of a group, one after another. */
function valuesOf(group: GroupEffects): Float64Array {
  if (!group.further) return group.values;
  return Float64Array.from(membersOf(group).flatMap(({ values }) => [...values]));
}

/**
 * The intercept at the user's predictors of zero: with x_j = c_j + m_j x′_j,
 *
 *     α₀ + s (b′_Intercept) − Σ_j β₀_j x̄_j − Σ_j (s / m_j) β′_j c_j,
 *
 * in which the terms of the standardized means have cancelled. Thresholds have the opposite signs.
 */
function restoring(
  { family, data }: RegressionSpecification,
  predictors: Predictors,
  columns: readonly Scaling[],
  { intercept, slopes, sds, auxiliary }: ParameterScalings,
): (reported: Float64Array) => void {
  const layout = reportedLayout({ family, data });
  const means = meansOf(data, predictors, columns);
  const restoreThresholds = (reported: Float64Array): void => {
    const { origin, unit } = thresholdScaling(intercept);
    let shift = origin;
    slopes.forEach((own, j) => {
      shift += own.origin * means[j] + own.unit * reported[layout.slopes + j] * columns[j].origin;
    });
    for (let k = 0; k < layout.thresholds; k++) reported[k] = shift + unit * reported[k];
  };
  return (reported) => {
    if (layout.intercept === 1) {
      let sum = intercept.origin + intercept.unit * reported[0];
      slopes.forEach(({ origin, unit }, j) => {
        sum -= origin * means[j] + unit * reported[layout.slopes + j] * columns[j].origin;
      });
      reported[0] = sum;
    }
    if (layout.thresholds > 0) restoreThresholds(reported);
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

function restore(reported: Float64Array, start: number, scalings: readonly Scaling[]): void {
  scalings.forEach(({ origin, unit }, j) => {
    reported[start + j] = origin + unit * reported[start + j];
  });
}

/** x̄_j of the user's predictors, as the model that centres the standardized ones has them. */
function meansOf(
  { intercept }: RegressionData,
  predictors: Predictors,
  columns: readonly Scaling[],
): readonly number[] {
  if (!intercept) return columns.map(() => 0);
  const { means } = centrePredictors({ intercept, predictors });
  return columns.map(({ origin, unit }, j) => origin + unit * means[j]);
}
