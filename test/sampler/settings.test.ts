/** What a user can set: the defaults, and the refusal of what makes no sense. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import {
  completeSettings,
  defaultSettings,
  type SamplerSettings,
} from '../../src/sampler/settings.js';

describe('the settings of a sampling run', () => {
  it("are Stan's and brms' defaults where nothing is given", () => {
    expect(completeSettings()).toEqual(defaultSettings);
    expect(completeSettings()).toMatchObject({
      chains: 4,
      warmup: 1000,
      draws: 1000,
      algorithm: 'auto',
      metric: 'diagonal',
      targetAcceptance: 0.8,
      maxDepth: 10,
      integrationTime: Math.PI / 2,
      jitter: 0.2,
      initialRange: 2,
    });
  });

  it('keep what is given', () => {
    const given = fc.record(
      {
        chains: fc.integer({ min: 1, max: 100 }),
        warmup: fc.integer({ min: 0, max: 10_000 }),
        draws: fc.integer({ min: 4, max: 10_000 }),
        seed: fc.oneof(fc.integer(), fc.string()),
        algorithm: fc.constantFrom(
          'auto' as const,
          'nuts' as const,
          'hmc' as const,
          'split-hmc' as const,
        ),
        metric: fc.constantFrom('unit' as const, 'diagonal' as const, 'dense' as const),
        targetAcceptance: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        maxDepth: fc.integer({ min: 1, max: 20 }),
        integrationTime: fc.double({ min: 0.01, max: 100, noNaN: true }),
        jitter: fc.double({ min: 0, max: 0.99, noNaN: true }),
        initialRange: fc.double({ min: 0, max: 10, noNaN: true }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(given, (settings) => {
        expect(completeSettings(settings)).toEqual({ ...defaultSettings, ...settings });
      }),
      { seed: 2025, numRuns: 200 },
    );
  });

  const refused: [keyof SamplerSettings, number][] = [
    ['chains', 0],
    ['chains', 1.5],
    ['chains', Number.NaN],
    ['warmup', -1],
    ['draws', 3],
    ['draws', Number.POSITIVE_INFINITY],
    ['maxDepth', 0],
    ['targetAcceptance', 0],
    ['targetAcceptance', 1],
    ['targetAcceptance', Number.NaN],
    ['jitter', -0.1],
    ['jitter', 1],
    ['integrationTime', 0],
    ['integrationTime', Number.NaN],
    ['initialRange', -1],
    ['initialRange', Number.NaN],
  ];

  it.each(refused)('refuse %s = %d, in one line that names both', (name, value) => {
    const complete = () => completeSettings({ [name]: value });
    expect(complete).toThrow(WeighbridgeError);
    expect(complete).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    expect(complete).toThrow(new RegExp(`^${name} is ${value}, but must be [^\\n]+$`));
  });

  it.each([
    ['algorithm', 'NUTS'],
    ['metric', 'diag'],
  ])('refuse an unknown %s, such as %s, from a caller without types', (name, value) => {
    const given: Partial<SamplerSettings> = JSON.parse(`{ "${name}": "${value}" }`);
    expect(() => completeSettings(given)).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
  });

  it('says of text that it is text where a number is wanted', () => {
    const message = (given: object) => () => completeSettings(given);
    expect(message({ chains: '4' })).toThrow(
      "chains is the text '4', but must be a whole number of at least 1",
    );
    expect(message({ jitter: '0.2' })).toThrow("jitter is the text '0.2', but must be in [0, 1)");
    expect(message({ chains: 2.5 })).toThrow('chains is 2.5, but must be a whole number');
  });

  it.each(['chains', 'algorithm', 'targetAcceptance', 'seed', 'maxDepth'])(
    'says in a line what %s is, whatever it is',
    (name) => {
      for (const value of [Symbol('a'), Object.create(null), [], {}, () => 1, 'two\nlines', 3n]) {
        expect(() =>
          completeSettings({ [name]: name === 'seed' && value === 'two\nlines' ? [] : value }),
        ).toThrow(
          expect.objectContaining({
            code: 'bad-argument',
            message: expect.stringMatching(new RegExp(`^${name} is .+, but must be [^\\n]+$`)),
          }),
        );
      }
    },
  );
});
