/**
 * Regressions with group effects against their posterior written down plainly in the parameters that
 * are reported, and their gradients against differences, over layouts of every kind.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mappedMultilevel } from '../../models/multilevel.js';
import {
  freePlaces,
  gradientError,
  layouts,
  plainLogDensity,
  positionOf,
  reportedAt,
  specificationOf,
} from './multilevel/support.js';

const ways = fc.constantFrom('by-information', 'non-centred');

/** Error of extrapolated differences with steps of 1e-4: fifth derivatives by 1e-16, many times over. */
const DIFFERENCES = 1e-6;

describe('a regression with group effects', () => {
  it('has the gradient that differences have', () => {
    fc.assert(
      fc.property(layouts, ways, (layout, way) => {
        const model = mappedMultilevel(specificationOf(layout), way);
        expect(gradientError(model, positionOf(model, layout.seed))).toBeLessThan(DIFFERENCES);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('has the density of its reported parameters times the Jacobian of the map to them', () => {
    fc.assert(
      fc.property(layouts, ways, (layout, way) => {
        const specification = specificationOf(layout);
        const model = mappedMultilevel(specification, way);
        const gradient = new Float64Array(model.dimension);
        let largest = 0;
        const rest = [1, 2].map((which) => {
          const position = positionOf(model, layout.seed, which);
          const places = freePlaces(specification);
          expect(places.length).toBe(model.dimension);
          const { reported, logJacobian } = reportedAt(model, position, places);
          const logDensity = model.logDensity(position, gradient);
          largest = Math.max(largest, Math.abs(logDensity));
          return logDensity - plainLogDensity(specification, reported) - logJacobian;
        });
        // A Poisson mean may be e^50; the compiled exponential has a relative error of 1e-14.
        const rounding = 1e-12 * largest;
        expect(Math.abs(rest[0] - rest[1])).toBeLessThan(1e-5 * (1 + Math.abs(rest[0])) + rounding);
      }),
      { numRuns: 60, seed: 2 },
    );
  });
});
