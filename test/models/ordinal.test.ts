/**
 * Ordinal regressions without group effects: their density against the posterior written down in the
 * thresholds and slopes that are reported, and derivatives against differences. (Those with group effects:
 * multilevel.test.ts.)
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Family, thresholdKinds } from '../../models/families/family.js';
import { linksOf } from '../../models/families/index.js';
import { gapsOf, hasPlace } from '../../models/families/thresholds.js';
import { generalizedLinear } from '../../models/generalized-linear.js';
import type { Prior } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { standardized } from '../../models/standardized.js';
import { randomStream } from '../../src/random/stream.js';
import {
  freePlaces,
  gradientError,
  plainLogDensity,
  positionOf,
  reportedAt,
} from './multilevel/support.js';

type Kind = Omit<Family, 'thresholds'>;

const kinds = (['cumulative', 'sratio', 'cratio', 'acat'] as const).flatMap((family) =>
  linksOf(family).map((link): Kind => ({ family, link })),
);
const withKind = (kind: Kind) => thresholdKinds.map((threshold): Kind => ({ ...kind, threshold }));
const constrained = [
  ...withKind({ family: 'cumulative', link: 'logit' }),
  ...withKind({ family: 'cumulative', link: 'cloglog' }),
  ...withKind({ family: 'sratio', link: 'probit' }),
  ...withKind({ family: 'acat', link: 'logit' }),
];

interface Options {
  readonly rows: number;
  readonly slopes: number;
  readonly thresholds: number;
  readonly offset: boolean;
  readonly coarse: boolean;
  readonly seed: number;
}

const options = fc.record<Options>({
  rows: fc.integer({ min: 6, max: 25 }),
  slopes: fc.integer({ min: 0, max: 3 }),
  thresholds: fc.integer({ min: 1, max: 5 }),
  offset: fc.boolean(),
  // Predictors take few values, so that rows are merged.
  coarse: fc.boolean(),
  seed: fc.integer({ min: 0, max: 10_000 }),
});

const normal: Prior = { distribution: 'normal', mean: 0.2, sd: 1.5 };

function specificationOf(
  kind: Kind,
  { rows, slopes, offset, coarse, seed, ...rest }: Options,
): RegressionSpecification {
  const thresholds = kind.threshold === undefined ? rest.thresholds : rest.thresholds + 1;
  const family: Family = { ...kind, thresholds };
  const random = randomStream('ordinal', seed);
  const number = () => (coarse ? Math.round(random.normal()) : random.normal());
  return {
    family,
    data: {
      rows,
      outcomes: Float64Array.from({ length: rows }, () =>
        Math.floor(1 + (thresholds + 1) * random.uniform()),
      ),
      trials: null,
      offset: offset ? Float64Array.from({ length: rows }, (_, i) => 0.1 * (i % 3)) : null,
      intercept: hasPlace(family),
      predictors: {
        names: Array.from({ length: slopes }, (_, j) => `x${j}`),
        rows,
        values: Float64Array.from({ length: rows * slopes }, () => 0.5 + 0.4 * number()),
      },
      groups: [],
    },
    priors: {
      intercept: null,
      coefficients: new Array<Prior>(slopes).fill(normal),
      sds: [],
      correlations: [],
      auxiliary: [],
      thresholds: Array.from({ length: thresholds }, (_, k) =>
        k % 2 === 0 ? { distribution: 'student_t', df: 3, location: 0.1 * k, scale: 2.5 } : normal,
      ),
      ...(kind.family === 'cumulative' &&
        seed % 2 === 0 && {
          gaps: Array.from({ length: gapsOf(family) }, () => ({
            distribution: 'gamma',
            shape: 2,
            rate: 1.5,
          })),
        }),
    },
  };
}

describe.each([...kinds, ...constrained])(
  'a regression of the family $family with the link $link, thresholds $threshold',
  (kind) => {
    it('has the density of its rows, priors and Jacobians, up to a constant', () => {
      fc.assert(
        fc.property(options, (given) => {
          const specification = specificationOf(kind, given);
          const model = generalizedLinear(specification);
          const gradient = new Float64Array(model.dimension);
          const places = freePlaces(specification);
          expect(places.length).toBe(model.dimension);
          const rest = [1, 2].map((which) => {
            const position = positionOf(model, given.seed, which);
            const { reported, logJacobian } = reportedAt(model, position, places);
            return (
              model.logDensity(position, gradient) -
              plainLogDensity(specification, reported) -
              logJacobian
            );
          });
          // Differences of the Jacobian are right to h² = 1e-10 and ε/h = 2e-11 of themselves.
          expect(Math.abs(rest[0] - rest[1])).toBeLessThan(1e-8 * (1 + Math.abs(rest[0])));
        }),
        { seed: 2025, numRuns: 30 },
      );
    });

    it('has the gradient and the Hessian that differences find', () => {
      fc.assert(
        fc.property(options, (given) => {
          const model = generalizedLinear(specificationOf(kind, given));
          const { dimension } = model;
          const position = positionOf(model, given.seed);
          expect(gradientError(model, position)).toBeLessThan(1e-7);
          const hessian = new Float64Array(dimension * dimension);
          model.hessian?.(position, hessian);
          const [above, below] = [new Float64Array(dimension), new Float64Array(dimension)];
          const h = 1e-5;
          for (let i = 0; i < dimension; i++) {
            model.logDensity(
              position.map((u, j) => (i === j ? u + h : u)),
              above,
            );
            model.logDensity(
              position.map((u, j) => (i === j ? u - h : u)),
              below,
            );
            for (let j = 0; j < dimension; j++) {
              const expected = (above[j] - below[j]) / (2 * h);
              const size = 1 + Math.abs(expected) + Math.abs(above[j]);
              expect(Math.abs(hessian[i * dimension + j] - expected)).toBeLessThan(1e-6 * size);
            }
          }
        }),
        { seed: 2025, numRuns: 20 },
      );
    });
  },
);

describe.each(kinds)('a regression of the family $family with the link $link', (kind) => {
  it('reports thresholds in the units of the data, wherever the columns lie', () => {
    const given = { rows: 20, slopes: 2, thresholds: 3, offset: true, coarse: false, seed: 5 };
    const plain = specificationOf(kind, given);
    const { data } = plain;
    const far: RegressionSpecification = {
      ...plain,
      data: {
        ...data,
        predictors: { ...data.predictors, values: data.predictors.values.map((x) => x + 2 ** 26) },
        offset: (data.offset ?? new Float64Array(20)).map((x) => x + 2 ** 22),
      },
    };
    const standard = standardized(far);
    if (!standard) throw new Error('the data are as they were');
    const model = generalizedLinear(standard.specification);
    const position = positionOf(model, 'far');
    const reported = new Float64Array(model.parameterNames.length);
    model.constrain?.(position, reported, randomStream('nothing'));
    const gradient = new Float64Array(model.dimension);
    const other = positionOf(model, 'elsewhere');
    const otherReported = new Float64Array(reported.length);
    model.constrain?.(other, otherReported, randomStream('nothing'));
    const found = model.logDensity(position, gradient) - model.logDensity(other, gradient);
    standard.restore(reported);
    standard.restore(otherReported);
    // The rows and priors at the user's thresholds and slopes; the Jacobian is that of the gaps alone.
    const jacobian = (u: Float64Array) =>
      kind.family === 'cumulative' ? u.slice(3).reduce((sum, x) => sum + x, 0) : 0;
    const expected =
      plainLogDensity(far, reported) +
      jacobian(position) -
      plainLogDensity(far, otherReported) -
      jacobian(other);
    // Thresholds of about 1e8 have 1e-8 of a unit left.
    expect(Math.abs(found - expected)).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
  });
});
