/**
 * Reading a report: any text at all gives a value or a typed rejection; what was printed is read
 * back; the lenient policy takes all that the paper's takes, and mends what can be meant in one way
 * only.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AnswerPolicy,
  type ParsedReport,
  parseReport,
  type ReportRejection,
} from '../../src/study/parse-report.js';

const policies: readonly AnswerPolicy[] = ['paper', 'lenient'];
const reasons: readonly ReportRejection['reason'][] = [
  'not-json',
  'not-an-object',
  'wrong-number-of-keys',
  'invented-name',
  'missing-name',
  'not-a-number',
  'repeated-name',
];

/** As a model would print it, in any order of keys; a record would lose `__proto__`. */
function printed(pairs: readonly (readonly [string, unknown])[]): string {
  return `{${pairs.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(', ')}}`;
}

const NAMES = ['durability_rating', 'price', 'seat_width'];
const answer = (...keys: readonly string[]) => printed(keys.map((key, i) => [key, 10 * i - 10]));

const oddNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', ' ', '%', '{', '"'];
const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,8}(_[a-z0-9]{1,8}){0,3}$/),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(...oddNames),
);
const names = fc.uniqueArray(name, { minLength: 2, maxLength: 20 });
const weight = fc.oneof(
  fc.integer({ min: -150, max: 150 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
/** Names with a weight each, and the order in which the keys are printed. */
const report = names.chain((all) =>
  fc.record({
    names: fc.constant(all),
    weights: fc.array(weight, { minLength: all.length, maxLength: all.length }),
    order: fc.shuffledSubarray([...all.keys()], { minLength: all.length }),
  }),
);
const fence = fc.constantFrom(
  ['', ''],
  ['```json\n', '\n```'],
  ['```\n', '\n```'],
  ['```json', '```'],
  ['\uFEFF \n```json\n', '\n```\n'],
  ['`', '`'],
  [' \t\r\n', '\r\n '],
);

/** Near misses of a report: a good one with a piece cut out, doubled or replaced. */
const spoiled = fc
  .record({
    text: fc.constantFrom(
      answer(...NAMES),
      `\`\`\`json\n${answer(...NAMES)}\n\`\`\``,
      `Sure! ${answer(...NAMES)} I hope this helps {really}.`,
    ),
    from: fc.nat(60),
    length: fc.nat(12),
    piece: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('{', '}', '"', ',', ':', '[', 'null', 'NaN', '1e999', '\\', '"40"', '-'),
    ),
  })
  .map(({ text, from, length, piece }) => text.slice(0, from) + piece + text.slice(from + length));
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.json(),
  spoiled,
  fc
    .array(fc.constantFrom('{', '}', '"', '[', ']', ':', ',', '\\', '`', 'a', '1'), {
      maxLength: 200,
    })
    .map((signs) => signs.join('')),
);

function expectTyped(parsed: ParsedReport, all: readonly string[]): void {
  if (!parsed.ok) {
    expect(reasons).toContain(parsed.reason);
    expect(parsed.detail).toMatch(/^\P{C}{5,400}$/u);
    return;
  }
  expect(parsed.weights).toHaveLength(all.length);
  expect(parsed.weights.every(Number.isFinite)).toBe(true);
  expect(parsed.outOfRange).toBe(parsed.weights.some((value) => value < -100 || value > 100));
}

describe('any text at all', () => {
  it('gives weights or a typed rejection of one line, under either policy', () => {
    fc.assert(
      fc.property(anyText, fc.oneof(fc.constant(NAMES), names), (text, all) => {
        for (const policy of policies) expectTyped(parseReport(text, all, policy), all);
      }),
      { seed: 2025, numRuns: 5000 },
    );
  });

  it('that the paper’s policy takes, the lenient one takes with the same weights and no repair', () => {
    fc.assert(
      fc.property(anyText, fc.oneof(fc.constant(NAMES), names), (text, all) => {
        const [paper, lenient] = policies.map((policy) => parseReport(text, all, policy));
        if (paper.ok) expect(lenient).toEqual(paper);
        else if (lenient.ok) expect(lenient.repairs).not.toEqual([]);
      }),
      { seed: 2025, numRuns: 5000 },
    );
  });

  it.each([
    ['a million braces', '{'.repeat(1e6)],
    ['a million pairs of braces', '{}'.repeat(5e5)],
    ['a deeply nested value', `{"price": ${'['.repeat(2e5)}${']'.repeat(2e5)}}`],
    ['deeply nested objects', `${'{"a":'.repeat(2e5)}1${'}'.repeat(2e5)}`],
    ['a million backticks', '`'.repeat(1e6)],
    [
      'a long key',
      printed([
        ['x'.repeat(1e6), 1],
        ['price', 2],
        ['seat_width', 3],
      ]),
    ],
    ['a hundred thousand keys', printed(Array.from({ length: 1e5 }, (_, i) => [`k${i}`, i]))],
    ['a key a hundred thousand times', printed(Array.from({ length: 1e5 }, () => ['k', 1]))],
    ['a long number', `{"price": ${'9'.repeat(1e6)}}`],
  ])('of a great size is rejected in a line too: %s', (_what, text) => {
    for (const policy of policies) {
      const parsed = parseReport(text, NAMES, policy);
      expect(parsed.ok).toBe(false);
      expectTyped(parsed, NAMES);
    }
  });
});

describe('a report that was printed', () => {
  it('is read back in the context’s order, whatever its names, their order, and its fence', () => {
    fc.assert(
      fc.property(report, fence, ({ names: all, weights, order }, [before, after]) => {
        const text = before + printed(order.map((i) => [all[i], weights[i]])) + after;
        for (const policy of policies) {
          expect(parseReport(text, all, policy)).toEqual({
            ok: true,
            // JSON prints a negative zero as 0.
            weights: weights.map((value) => value + 0),
            outOfRange: weights.some((value) => Math.abs(value) > 100),
            repairs: [],
          });
        }
      }),
      { seed: 2025, numRuns: 1000 },
    );
  });

  it('has no negative zeros', () => {
    const text = '{"price": -0, "size": "-0.0"}';
    expect(parseReport(text, ['price', 'size'], 'lenient')).toMatchObject({ weights: [0, 0] });
    expect(parseReport('{"price": -0}', ['price'], 'paper')).toMatchObject({ weights: [0] });
  });

  it('may have weights beyond ±100: they are marked and kept', () => {
    const of = (value: number) =>
      printed([
        ['price', value],
        ['size', 1],
      ]);
    for (const [value, outOfRange] of [
      [100, false],
      [-100, false],
      [100.5, true],
      [-2388, true],
    ] as const) {
      const parsed = parseReport(of(value), ['size', 'price'], 'paper');
      expect(parsed).toEqual({ ok: true, weights: [1, value], outOfRange, repairs: [] });
    }
  });
});

describe('a report is rejected under either policy', () => {
  it.each<[string, string, ReportRejection['reason'], string]>([
    ['no text', '', 'not-json', 'the answer is empty'],
    ['white space', ' \n\t', 'not-json', 'the answer is empty'],
    ['an empty fence', '```json\n```', 'not-json', 'the answer is empty'],
    [
      'a refusal',
      "I'm sorry, I\ncannot.",
      'not-json',
      "the answer is no JSON: 'I'm sorry, I cannot.'",
    ],
    ['an object cut off', '{"price": 10, "seat', 'not-json', 'no JSON'],
    ['single quotes', "{'price': 10}", 'not-json', 'no JSON'],
    ['NaN', '{"durability_rating": NaN, "price": 1, "seat_width": 2}', 'not-json', 'no JSON'],
    [
      'a percent sign',
      '{"durability_rating": 5%, "price": 1, "seat_width": 2}',
      'not-json',
      'no JSON',
    ],
    [
      'a plus sign',
      '{"durability_rating": +5, "price": 1, "seat_width": 2}',
      'not-json',
      'no JSON',
    ],
    ['a list', '[{"price": 10}]', 'not-an-object', 'the answer is a list, expected an object'],
    ['null', 'null', 'not-an-object', 'the answer is null'],
    ['a number', '40', 'not-an-object', 'the answer is 40'],
    ['a text', '"A"', 'not-an-object', "the answer is the text 'A'"],
    ['a name too few', answer('price', 'seat_width'), 'wrong-number-of-keys', '2 keys, expected 3'],
    ['a name too many', answer(...NAMES, 'choice'), 'wrong-number-of-keys', '4 keys, expected 3'],
    ['an empty object', '{}', 'wrong-number-of-keys', '0 keys'],
    [
      'weights one level down',
      `{"weights": ${answer(...NAMES)}}`,
      'wrong-number-of-keys',
      '1 keys',
    ],
    [
      'another name',
      answer('comfort', 'price', 'seat_width'),
      'invented-name',
      "'comfort' is no name of the context",
    ],
    ['a prototype', answer('__proto__', 'price', 'seat_width'), 'invented-name', '__proto__'],
    [
      'a name of objects',
      answer('constructor', 'price', 'seat_width'),
      'invented-name',
      'constructor',
    ],
    ['a key of nothing', answer('', 'price', 'seat_width'), 'missing-name', "'' stands where"],
    ['a key of signs', answer('--', 'price', 'seat_width'), 'missing-name', "'--' stands where"],
    [
      'a name twice',
      '{"price": 1, "seat_width": 2, "price": 3}',
      'repeated-name',
      "'price' is there more than once",
    ],
    [
      'a name twice beside all',
      `${answer(...NAMES).slice(0, -1)}, "price": 0}`,
      'repeated-name',
      'more than once',
    ],
    [
      'a name twice in other signs',
      '{"price": 1, "seat_width": 2, "pr\\u0069ce": 1}',
      'repeated-name',
      "'price'",
    ],
  ])('with %s', (_what, text, reason, told) => {
    for (const policy of policies) {
      const parsed = parseReport(text, NAMES, policy);
      expect(parsed).toMatchObject({ ok: false, reason });
      expect(parsed).toHaveProperty('detail', expect.stringContaining(told));
    }
  });

  it.each([
    ['null', 'null'],
    ['true', 'true'],
    ['"high"', "the text 'high'"],
    ['"40%"', "the text '40%'"],
    ['"4 0"', "the text '4 0'"],
    ['"1,5"', "the text '1,5'"],
    ['"0x10"', "the text '0x10'"],
    ['"1e3"', "the text '1e3'"],
    ['"NaN"', "the text 'NaN'"],
    ['""', "the text ''"],
    ['[40]', 'a list'],
    ['{"value": 40}', 'an object'],
    ['1e999', 'Infinity'],
    ['-1e999', '-Infinity'],
  ])('where a weight is %s', (value, told) => {
    const text = `{"durability_rating": 1, "price": ${value}, "seat_width": 2}`;
    for (const policy of policies) {
      expect(parseReport(text, NAMES, policy)).toEqual({
        ok: false,
        reason: 'not-a-number',
        detail: `'price' is ${told}, expected a number`,
      });
    }
  });

  it('in a line that is short and holds no control characters, whatever the answer holds', () => {
    const parsed = parseReport(`\u001b[2Jbell\u0007\u2028\u009b${'x'.repeat(500)}`, NAMES, 'paper');
    expect(parsed).toHaveProperty(
      'detail',
      expect.stringMatching(/^the answer is no JSON: ' \[2Jbell x+…'$/),
    );
    expect(!parsed.ok && parsed.detail.length).toBeLessThan(100);
  });
});

describe('the lenient policy', () => {
  /** Takes what the paper's policy rejects for this reason, and tells what it mended. */
  function expectMended(
    text: string,
    reason: ReportRejection['reason'],
    repairs: readonly { from: string; to: string }[],
    weights = [-10, 0, 10],
    all = NAMES,
  ): void {
    expect(parseReport(text, all, 'paper')).toMatchObject({ ok: false, reason });
    const outOfRange = weights.some((value) => Math.abs(value) > 100);
    expect(parseReport(text, all, 'lenient')).toEqual({ ok: true, weights, outOfRange, repairs });
  }

  it('takes near-matches of names, in any order, and marks each', () => {
    expectMended(answer('durability', 'price', 'Seat width'), 'invented-name', [
      { from: 'durability', to: 'durability_rating' },
      { from: 'Seat width', to: 'seat_width' },
    ]);
    const turned = printed([
      ['seatWidth', 10],
      ['prices', 0],
      ['durability-rating', -10],
    ]);
    expectMended(turned, 'invented-name', [
      { from: 'seatWidth', to: 'seat_width' },
      { from: 'prices', to: 'price' },
      { from: 'durability-rating', to: 'durability_rating' },
    ]);
  });

  it.each([
    [
      'two names could be meant',
      ['seat_comfort', 'bed_comfort', 'price'],
      ['comfort', 'bed_comfort', 'price'],
      'invented-name',
      "'comfort' can be 'seat_comfort' or 'bed_comfort'",
    ],
    [
      'two keys could mean one name',
      ['durability_rating', 'price', 'size'],
      ['durability', 'durability_rating', 'size'],
      'repeated-name',
      "'durability' and 'durability_rating' can both be 'durability_rating'",
    ],
    [
      'two spellings mean one name',
      ['price', 'size', 'age'],
      ['Price', 'PRICE', 'age'],
      'repeated-name',
      "'Price' and 'PRICE' can both be 'price'",
    ],
    [
      'the meaning could be turned',
      ['noise_reduction', 'price', 'size'],
      ['noise', 'price', 'size'],
      'invented-name',
      "'noise' is no name of the context",
    ],
  ] as const)('rejects a key where %s', (_what, all, keys, reason, detail) => {
    expect(parseReport(answer(...keys), all, 'lenient')).toEqual({ ok: false, reason, detail });
  });

  it('never gives one name two keys or one key two names, however near they are', () => {
    // Names and keys out of few words: most pairs are near to each other.
    const words = fc.array(
      fc.constantFrom('price', 'prices', 'seat', 'width', 'rating', 'Rating'),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    const list = fc.uniqueArray(
      words.map((parts) => parts.join('_')),
      { minLength: 3, maxLength: 3 },
    );
    fc.assert(
      fc.property(
        list,
        list,
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        (all, keys, order) => {
          const parsed = parseReport(printed(keys.map((key, i) => [key, i])), all, 'lenient');
          const turned = parseReport(printed(order.map((i) => [keys[i], i])), all, 'lenient');
          expect(turned.ok).toBe(parsed.ok);
          if (!parsed.ok || !turned.ok) return;
          // Every key once, the same for any order of the keys, and an exact name is its own key.
          expect([...parsed.weights].sort()).toEqual([0, 1, 2]);
          expect(turned.weights).toEqual(parsed.weights);
          all.forEach((one, i) => {
            if (keys.includes(one)) expect(parsed.weights[i]).toBe(keys.indexOf(one));
          });
        },
      ),
      { seed: 2025, numRuns: 3000 },
    );
  });

  const unwrapped = { from: 'an object within text', to: 'the object alone' };

  it('takes the only object within prose, and marks it', () => {
    const object = answer(...NAMES);
    for (const text of [
      `Here is my answer:\n\`\`\`json\n${object}\n\`\`\`\nThe price counts least.`,
      `{durability} counts {least} of all: ${object}`,
      `${object}.`,
      `json: ${object} }`,
    ]) {
      expectMended(text, 'not-json', [unwrapped]);
    }
  });

  it('guesses at none of two objects, and at none within another', () => {
    const object = answer(...NAMES);
    expect(parseReport(`First ${object}, then ${object}`, NAMES, 'lenient')).toEqual({
      ok: false,
      reason: 'not-json',
      detail: 'the answer holds 2 objects, expected one',
    });
    expect(parseReport(`So: {"weights": ${object}}`, NAMES, 'lenient')).toMatchObject({
      reason: 'wrong-number-of-keys',
    });
  });

  it('tells of an object within prose what is wrong with it', () => {
    expect(parseReport(`So: ${answer('price', 'size')}`, NAMES, 'lenient')).toMatchObject({
      reason: 'wrong-number-of-keys',
    });
  });

  it('takes numbers in quotes, and marks each', () => {
    const text = '{"durability_rating": "+40", "price": " -7.5 ", "seat_width": "\u2212120"}';
    const repairs = [
      { from: '"+40"', to: '40' },
      { from: '" -7.5 "', to: '-7.5' },
      { from: '"\u2212120"', to: '-120' },
    ];
    expectMended(text, 'not-a-number', repairs, [40, -7.5, -120]);
  });

  it('mends all at once', () => {
    expectMended('Well: {"Durability": "-10", "price": 0, "seat_width": 10}', 'not-json', [
      unwrapped,
      { from: 'Durability', to: 'durability_rating' },
      { from: '"-10"', to: '-10' },
    ]);
  });
});
