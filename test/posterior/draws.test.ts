/**
 * Draws of several chains: how they are joined, and how one parameter is taken out of them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinChains, parameterDraws } from '../../src/posterior/draws.js';

const runs = { seed: 2025, numRuns: 200 };

const shapes = fc.record({
  chains: fc.integer({ min: 1, max: 5 }),
  draws: fc.integer({ min: 1, max: 12 }),
  parameters: fc.integer({ min: 1, max: 6 }),
});

/** A number that tells its chain, draw and parameter. */
const label = (chain: number, draw: number, parameter: number) =>
  chain * 10_000 + draw * 100 + parameter;

function labelled({
  chains,
  draws,
  parameters,
}: Record<'chains' | 'draws' | 'parameters', number>) {
  const names = Array.from({ length: parameters }, (_, j) => `p${j}`);
  const parts = Array.from({ length: chains }, (_, chain) =>
    Float64Array.from({ length: draws * parameters }, (_, i) =>
      label(chain, Math.floor(i / parameters), i % parameters),
    ),
  );
  return { names, parts, joined: joinChains(names, parts) };
}

describe('joined chains', () => {
  it('keep every chain whole, one after the other, and their shape', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { names, parts, joined } = labelled(shape);
        expect(joined.parameterNames).toEqual(names);
        expect(joined.chains).toBe(shape.chains);
        expect(joined.drawsPerChain).toBe(shape.draws);
        expect([...joined.values]).toEqual(parts.flatMap((part) => [...part]));
      }),
      runs,
    );
  });

  it('are a copy: what happens to a chain later does not reach them', () => {
    const chain = Float64Array.of(1, 2, 3, 4);
    const joined = joinChains(['a', 'b'], [chain]);
    chain.fill(0);
    expect([...joined.values]).toEqual([1, 2, 3, 4]);
  });
});

describe('the draws of a parameter', () => {
  it('are its own, chain after chain and draw after draw, by name and by index', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { names, joined } = labelled(shape);
        names.forEach((name, parameter) => {
          const expected = Array.from({ length: shape.chains * shape.draws }, (_, row) =>
            label(Math.floor(row / shape.draws), row % shape.draws, parameter),
          );
          expect([...parameterDraws(joined, name)]).toEqual(expected);
          expect([...parameterDraws(joined, parameter)]).toEqual(expected);
        });
      }),
      runs,
    );
  });

  it('of a parameter that is not there do not exist: the error names it and those there are', () => {
    const draws = joinChains(['b_Intercept', 'sigma'], [Float64Array.of(1, 2, 3, 4)]);
    for (const absent of ['b_x', '', -1, 2]) {
      const take = () => parameterDraws(draws, absent);
      expect(take).toThrow(RangeError);
      expect(take).toThrow(`no parameter '${absent}' in these draws: they have b_Intercept, sigma`);
    }
  });
});
