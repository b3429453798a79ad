/** The compiled row loops of multilevel regressions against those in JavaScript. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { responseFamily } from '../../../models/families/index.js';
import { compiledLoops } from '../../../models/kernels/group-rows.js';
import { multilevelRows, PlainLoops, type RowLoops } from '../../../models/multilevel/rows.js';
import { randomStream } from '../../../src/random/stream.js';
import { layouts, specificationOf } from '../multilevel/support.js';

/** Every output of the loops, in the order in which a density calls them. */
function outputsOf(
  loops: RowLoops,
  { rows, factors, byLevel, byRow }: ReturnType<typeof multilevelRows>,
  auxiliary: number,
  seed: number,
): number[] {
  const random = randomStream('loops', seed);
  const numbers = (length: number) => {
    const values = new Float64Array(length);
    random.normals(values);
    return values;
  };
  const last = factors[factors.length - 1];
  const lengthOf = (f: number) => (factors[f]?.levels ?? 0) * (factors[f]?.size ?? 0);
  const outputs: number[] = [];
  const keep = (values: Float64Array) => outputs.push(...values);
  loops.linearize(numbers(rows * (last?.size ?? 0)));
  loops.writePopulation(numbers(byLevel.places.length + byRow.places.length));
  factors.forEach((_, f) => {
    loops.addEffects(f, numbers(lengthOf(f)));
  });
  const weighted = new Float64Array(lengthOf(factors.length - 1));
  loops.writeWeightedSums(weighted);
  keep(weighted);
  const auxGradient = new Float64Array(auxiliary);
  const aux = numbers(auxiliary).map((value) => 1.5 + Math.abs(value));
  outputs.push(loops.logLikelihood(aux, auxGradient));
  keep(auxGradient);
  keep(loops.eta());
  loops.addWeighted(numbers(weighted.length));
  factors.forEach((_, f) => {
    const sums = new Float64Array(lengthOf(f));
    loops.writeLevelSums(f, sums);
    keep(sums);
  });
  const sums = numbers(byLevel.places.length + byRow.places.length);
  loops.addColumnSums(sums);
  keep(sums);
  return outputs;
}

it('compiled row loops have the numbers of the plain ones', () => {
  fc.assert(
    fc.property(layouts, (layout) => {
      const specification = specificationOf(layout);
      const { rows, outcomes: values, trials } = specification.data;
      const data = multilevelRows(specification);
      const outcomes = { rows, values, trials, cells: data.cells };
      const family = responseFamily(specification.family, outcomes);
      const loops = compiledLoops(data, family, outcomes);
      expect(loops).not.toBeNull();
      if (!loops) return;
      const auxiliary = family.auxiliary.length;
      const plain = outputsOf(new PlainLoops(data, family), data, auxiliary, layout.seed);
      const compiled = outputsOf(loops, data, auxiliary, layout.seed);
      expect(compiled).toHaveLength(plain.length);
      const largest = Math.max(...plain.map(Math.abs));
      plain.forEach((value, i) => {
        // Polynomials of the kernel have relative errors of some 1e-14, the normal tail of 5e-12.
        expect(Math.abs((compiled[i] ?? Number.NaN) - value)).toBeLessThan(1e-11 * (1 + largest));
      });
    }),
    { numRuns: 100, seed: 1 },
  );
});
