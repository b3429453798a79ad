/** How reported parameters follow the position, as found from `constrain`. */
import { expect, it } from 'vitest';
import { randomStream } from '../../src/random/stream.js';
import type { Model } from '../../src/sampler/model.js';
import { MOST_COORDINATES, responsesOf } from '../../src/sampler/responses.js';

const model: Model = {
  dimension: 3,
  parameterNames: ['linear', 'sd', 'product', 'drawn', 'constant'],
  logDensity: () => 0,
  constrain(x, row, random) {
    row[0] = 2 * x[0] - x[2] + 7;
    row[1] = Math.exp(0.5 * x[1] - 3);
    row[2] = x[0] * x[1];
    row[3] = x[0] + random.normal();
    row[4] = 3;
  },
};

it('is linear, or that of a logarithm, or neither', () => {
  const position = Float64Array.of(0.3, -1, 2);
  const found = responsesOf(model, position, randomStream('responses'));
  const [linear, sd, ...others] = found;
  expect(linear?.scale).toBe('identity');
  expect(sd?.scale).toBe('log');
  for (const [j, value] of [2, 0, -1].entries()) {
    expect(linear?.derivatives[j]).toBeCloseTo(value, 12);
  }
  for (const [j, value] of [0, 0.5, 0].entries()) expect(sd?.derivatives[j]).toBeCloseTo(value, 12);
  expect(others).toEqual([null, null, null]);
  expect([...position]).toEqual([0.3, -1, 2]);
});

it('is the position itself without constrain, and not looked for in large models', () => {
  const plain = { dimension: 2, parameterNames: ['a', 'b'], logDensity: () => 0 };
  const found = responsesOf(plain, Float64Array.of(1, 2), randomStream('responses'));
  expect(found.map((response) => [...(response?.derivatives ?? [])])).toEqual([
    [1, 0],
    [0, 1],
  ]);
  const dimension = MOST_COORDINATES + 1;
  const large = { ...plain, dimension };
  expect(responsesOf(large, new Float64Array(dimension), randomStream('responses'))).toEqual([]);
});
