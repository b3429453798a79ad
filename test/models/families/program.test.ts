/**
 * Programs: values against JavaScript's own arithmetic, and derivatives of every function against differences.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isProgram, type Program, RunningProgram } from '../../../models/families/program.js';
import { binaryFunctions, unaryFunctions } from '../../../models/families/program-functions.js';
import { randomStream } from '../../../src/random/stream.js';

/** Where a function of one number is smooth and of moderate size. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  log: [0.1, 5],
  log1p: [-0.8, 5],
  log1m: [-5, 0.8],
  log1m_exp: [-5, -0.1],
  sqrt: [0.1, 5],
  abs: [0.1, 5],
  lgamma: [0.2, 20],
  qlogis: [0.05, 0.95],
  tan: [-1.2, 1.2],
};
const smooth = ['+', '-', '*', '/', '^', 'log_sum_exp', 'lbeta', 'lchoose'];

const one = (call: string): Program => [{ input: 'u' }, { call, of: [0] }];
const two = (call: string): Program => [{ input: 'u' }, { input: 'v' }, { call, of: [0, 1] }];

/** First and second derivatives by central differences of values and of gradients. */
function differences(program: RunningProgram, at: Float64Array, step = 1e-5) {
  const size = at.length;
  const gradientAt = (point: Float64Array) => {
    const gradient = new Float64Array(size);
    const value = program.value(point);
    program.writeGradient(gradient);
    return { value, gradient };
  };
  const first: number[] = [];
  const second: number[] = [];
  for (let i = 0; i < size; i++) {
    const [up, down] = [step, -step].map((by) => {
      const point = at.slice();
      point[i] = (point[i] ?? 0) + by;
      return gradientAt(point);
    });
    if (!up || !down) throw new RangeError('no difference');
    first.push((up.value - down.value) / (2 * step));
    for (let j = 0; j < size; j++) {
      second.push(((up.gradient[j] ?? 0) - (down.gradient[j] ?? 0)) / (2 * step));
    }
  }
  return { first, second };
}

function expectDerivatives(program: Program, inputs: readonly string[], at: Float64Array): void {
  const running = new RunningProgram(program, inputs, inputs.length);
  const { first, second } = differences(running, at);
  const gradient = new Float64Array(at.length);
  const hessian = new Float64Array(at.length * at.length);
  running.value(at);
  running.writeGradient(gradient);
  running.writeHessian(hessian);
  const near = (found: number, wanted: number) =>
    expect(Math.abs(found - wanted)).toBeLessThan(1e-6 * (1 + Math.abs(wanted)));
  for (const [i, wanted] of first.entries()) near(gradient[i] ?? Number.NaN, wanted);
  for (const [i, wanted] of second.entries()) near(hessian[i] ?? Number.NaN, wanted);
}

describe('derivatives', () => {
  it.each(Object.keys(unaryFunctions))('of %s', (call) => {
    const [min, max] = ranges[call] ?? [-2, 2];
    fc.assert(
      fc.property(fc.double({ min, max, noNaN: true }), (u) => {
        // Not across the jump of `not`.
        if (call === 'not' && Math.abs(u) < 1e-3) return;
        expectDerivatives(one(call), ['u'], Float64Array.of(u));
      }),
      { seed: 19, numRuns: 50 },
    );
  });

  it.each(smooth)('of u %s v', (call) => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.4, max: 3, noNaN: true }),
        fc.double({ min: 0.4, max: 3, noNaN: true }),
        (v, more) => expectDerivatives(two(call), ['u', 'v'], Float64Array.of(v + more, v)),
      ),
      { seed: 20, numRuns: 50 },
    );
  });

  it.each(Object.keys(binaryFunctions).filter((call) => !smooth.includes(call)))(
    'of %s, apart from its jump',
    (call) => {
      expectDerivatives(two(call), ['u', 'v'], Float64Array.of(0.7, 1.3));
      expectDerivatives(two(call), ['u', 'v'], Float64Array.of(1.3, 0.7));
    },
  );

  it('of a composition with equal parts and a number', () => {
    // exp(u v) / (1 + u²) + log(u) u
    const program: Program = [
      { input: 'u' },
      { input: 'v' },
      { call: '*', of: [0, 1] },
      { call: 'exp', of: [2] },
      { number: 1 },
      { call: 'square', of: [0] },
      { call: '+', of: [4, 5] },
      { call: '/', of: [3, 6] },
      { call: 'log', of: [0] },
      { call: '*', of: [8, 0] },
      { call: '+', of: [7, 9] },
    ];
    fc.assert(
      fc.property(
        fc.double({ min: 0.2, max: 2, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (u, v) => {
          const running = new RunningProgram(program, ['u', 'v'], 2);
          const wanted = Math.exp(u * v) / (1 + u * u) + Math.log(u) * u;
          expect(running.value(Float64Array.of(u, v))).toBeCloseTo(wanted, 12);
          expectDerivatives(program, ['u', 'v'], Float64Array.of(u, v));
        },
      ),
      { seed: 21, numRuns: 50 },
    );
  });
});

describe('a choice', () => {
  // y == 0 ? u : v log(y)
  const program: Program = [
    { input: 'u' },
    { input: 'v' },
    { input: 'y' },
    { number: 0 },
    { call: '==', of: [2, 3] },
    { call: 'log', of: [2] },
    { call: '*', of: [1, 5] },
    { call: 'ifelse', of: [4, 0, 6] },
  ];
  const running = new RunningProgram(program, ['u', 'v', 'y'], 2);
  const gradient = new Float64Array(2);

  it('has the derivatives of the branch it takes, whatever those of the other are', () => {
    expect(running.value(Float64Array.of(2, 3, 0))).toBe(2);
    running.writeGradient(gradient);
    expect([...gradient]).toEqual([1, 0]);
    expect(running.value(Float64Array.of(2, 3, Math.E))).toBeCloseTo(3, 12);
    running.writeGradient(gradient);
    expect(gradient[0]).toBe(0);
    expect(gradient[1]).toBeCloseTo(1, 12);
  });
});

describe('a program from elsewhere', () => {
  it.each([
    ['is no list', { number: 1 }],
    ['is empty', []],
    ['has a step without a meaning', [{}]],
    ['names an input that there is not', [{ input: 'w' }]],
    ['calls a function that there is not', [{ input: 'u' }, { call: 'eval', of: [0] }]],
    ['calls a property of every object', [{ input: 'u' }, { call: 'toString', of: [0] }]],
    ['has the wrong number of arguments', [{ input: 'u' }, { call: 'exp', of: [0, 0] }]],
    ['refers to a later step', [{ call: 'exp', of: [1] }, { input: 'u' }]],
    ['refers to itself', [{ input: 'u' }, { call: 'exp', of: [1] }]],
    ['draws where nothing is drawn', [{ number: 1 }, { call: 'rexp', of: [0] }]],
  ])('is refused if it %s', (_, given) => {
    expect(isProgram(given, ['u'], false)).toBe(false);
  });

  it('may draw in a generator, of the stream it is given', () => {
    const program = [{ number: 2 }, { call: 'rexp', of: [0] }];
    if (!isProgram(program, [], true)) throw new RangeError('expected a program');
    const running = new RunningProgram(program, [], 0);
    const draw = () => running.value(new Float64Array(0), random);
    const random = randomStream('program', 1);
    const mean = Array.from({ length: 4000 }, draw).reduce((sum, x) => sum + x / 4000, 0);
    expect(Math.abs(mean - 0.5)).toBeLessThan((4 * 0.5) / Math.sqrt(4000));
  });
});
