/** The compiled loops over draws against their plain twins, and the shipped bytes against their source. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compileKernel } from '../../../models/kernels/compile.mjs';
import { drawsModule } from '../../../models/kernels/draws-module.js';
import type { Draws } from '../../../src/posterior/draws.js';
import type { ParameterSummary } from '../../../src/posterior/summary.js';
import { quickStream } from '../../../src/random/quick-stream.js';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** `summarizeParameter` of fresh modules. */
async function summaries(): Promise<(draws: Draws) => ParameterSummary> {
  vi.resetModules();
  const { drawsKernel } = await import('../../../models/kernels/draws-kernel.js');
  expect(drawsKernel === null).toBe(Reflect.get(globalThis, 'WebAssembly') === undefined);
  const { summarizeParameter } = await import('../../../src/posterior/summary.js');
  return (draws) => summarizeParameter(draws, 0);
}

const shapes: Readonly<Record<string, (x: number) => number>> = {
  normal: (x) => x,
  skewed: (x) => Math.exp(2 * x),
  'at a boundary': (x) => Math.abs(x),
  'heavy tails': (x) => x ** 7,
  ties: (x) => Math.round(2 * x),
  'few ties': (x) => Math.round(300 * x) / 300,
  'far from zero': (x) => 1e6 + x,
  constant: () => 3,
  'not finite': (x) => (x > 3 ? Number.POSITIVE_INFINITY : x),
};

function drawsOf(shape: string, chains: number, length: number, persistence: number): Draws {
  const random = quickStream('draws', shape, chains, length);
  let x = 0;
  const values = Float64Array.from({ length: chains * length }, () => {
    x = persistence * x + Math.sqrt(1 - persistence * persistence) * random.normal();
    return shapes[shape]?.(x) ?? Number.NaN;
  });
  return { parameterNames: ['x'], chains, drawsPerChain: length, values };
}

describe('the compiled loops over draws', () => {
  it('give the summary that the plain ones give, to rounding', async () => {
    const compiled = await summaries();
    vi.stubGlobal('WebAssembly', undefined);
    const plain = await summaries();
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(shapes)),
        fc.integer({ min: 1, max: 5 }),
        fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(250, 999, 1000, 9000)),
        fc.constantFrom(-0.7, 0, 0.95),
        (shape, chains, length, persistence) => {
          const draws = drawsOf(shape, chains, length, persistence);
          const [found, expected] = [compiled(draws), plain(draws)];
          const numbersOf = ({ name: _, hdi, hdiMcse, ...numbers }: ParameterSummary) => ({
            ...numbers,
            ...{ low: hdi[0], high: hdi[1], lowMcse: hdiMcse[0], highMcse: hdiMcse[1] },
          });
          const twins = Object.entries(numbersOf(expected));
          const others = Object.values(numbersOf(found));
          twins.forEach(([name, value], k) => {
            const other = others[k] ?? 0;
            if (!Number.isFinite(value)) expect([name, other]).toEqual([name, value]);
            else expect(Math.abs(other - value), name).toBeLessThanOrEqual(1e-9 * Math.abs(value));
          });
        },
      ),
      { seed: 2025, numRuns: 400 },
    );
  });

  it('are what their source compiles to', async () => {
    expect(drawsModule).toBe(await compileKernel('draws'));
  });
});
