/**
 * Stimuli by the paper's rules, against numbers that Python 3.11 made of these contexts by the same
 * rules, and what must hold for any.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import type { Candidate } from '../../src/study/candidates.js';
import { parsePrompt, systemPrompt } from '../../src/study/prompts.js';
import { roundHalfEven } from '../../src/study/python-format.js';
import {
  assignAgents,
  drawTrials,
  preferenceExamples,
  reportExamples,
  type TrainingExample,
  targetWeightsFor,
} from '../../src/study/stimuli.js';
import { decimalsFor, drawOption, drawTargetWeights } from '../../src/study/trials.js';

const candidates: Candidate[] = [
  candidate('houseboat', ['hull length', 12, 30], ['draught', 0.5, 2.5], ['balance', -3, 3]),
  candidate('kettle', ['volume', 0.5, 1.4], ['2', 0, 8], ['10', 0, 0.05]),
  candidate('lamp', ['height', 20, 180], ['warmth', -1, 1], ['price', 5, 9.5]),
];
const contexts = assignAgents(candidates, ['Ada', 'Berta', 'Čeněk', 'Dora'], 4);
const seeds = fc.nat();

function candidate(name: string, ...attributes: [string, number, number][]): Candidate {
  return {
    short_name: name,
    question: `Which ${name} would you prefer?`,
    attributes: attributes.map(([name, min, max]) => ({ name, units: '', range: [min, max] })),
  };
}

/** What the model is asked in an example, and what it should say. */
function asked({ messages: [system, user, assistant] }: TrainingExample) {
  expect(system).toEqual({ role: 'system', content: systemPrompt });
  expect([user.role, assistant.role]).toEqual(['user', 'assistant']);
  return { prompt: parsePrompt(user.content), answer: assistant.content };
}

describe('agents', () => {
  it('are shuffled by Python, and asked in the order of the contexts', () => {
    // random.seed(4); random.shuffle(['Ada', 'Berta', 'Čeněk', 'Dora'])
    expect(contexts.map(({ question }) => question)).toEqual([
      'Imagine you are Čeněk. Which houseboat would you prefer?',
      'Imagine you are Ada. Which kettle would you prefer?',
      'Imagine you are Dora. Which lamp would you prefer?',
    ]);
  });

  it('begin anew where there are fewer of them than contexts', () => {
    const agents = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(agents, seeds, (agents, seed) => {
        const many = Array.from({ length: 30 }, () => candidates[0]);
        const questions = assignAgents(many, agents, seed).map(({ question }) => question);
        expect(new Set(questions.slice(0, agents.length)).size).toBe(agents.length);
        expect(questions.slice(agents.length)).toEqual(questions.slice(0, -agents.length));
      }),
      { seed: 81 },
    );
  });

  it('must be there', () => {
    expect(() => assignAgents(candidates, [], 0)).toThrow(WeighbridgeError);
  });
});

describe('target weights', () => {
  it('are drawn by Python, one context after another', () => {
    // random.seed(5); per context w = [random.uniform(-100, 100) for _ in range(3)],
    // then [round(x / max(map(abs, w)) * 100) for x in w]
    expect([...targetWeightsFor(contexts, 5)]).toEqual([
      ['houseboat', [42, 82, 100]],
      ['kettle', [100, 54, 95]],
      ['lamp', [-100, -7, 94]],
    ]);
  });
});

describe('trials', () => {
  it('are drawn by Python: all of a context, option A before option B', () => {
    // random.seed(9); per context and trial, for A and for B, per attribute
    // round(random.uniform(min, max), digits)
    const trials = drawTrials(contexts, 2, 9);
    expect(trials.map(({ context }) => context.name)).toEqual([
      'houseboat',
      'houseboat',
      'kettle',
      'kettle',
      'lamp',
      'lamp',
    ]);
    expect(trials.map(({ a, b }) => [a, b])).toEqual([
      [
        [20, 1.2, -2],
        [28, 0.5, 0],
      ],
      [
        [28, 0.7, 0],
        [23, 0.6, -1],
      ],
      [
        [1.13, 4, 0.036],
        [0.64, 2, 0.006],
      ],
      [
        [0.96, 7, 0.03],
        [1.2, 3, 0.037],
      ],
      [
        [36, -0.4, 8],
        [136, -0.2, 5.4],
      ],
      [
        [63, -0.6, 6.3],
        [150, -0.6, 9],
      ],
    ]);
  });
});

describe('examples of preferences', () => {
  it('are the trials of the seed, the first of each context to train on', () => {
    const sizes = fc.record({ training: fc.nat({ max: 5 }), validation: fc.nat({ max: 5 }) });
    fc.assert(
      fc.property(sizes, seeds, ({ training, validation }, seed) => {
        const weights = targetWeightsFor(contexts);
        const made = preferenceExamples(contexts, weights, { training, validation, seed });
        const trials = drawTrials(contexts, training + validation, seed);
        const shown = (examples: readonly TrainingExample[]) =>
          examples.map((example) => {
            const { prompt } = asked(example);
            expect(prompt?.task).toBe('decision');
            return [prompt?.question, prompt?.a, prompt?.b];
          });
        const expected = (from: number, to: number) =>
          contexts.flatMap((context) =>
            trials
              .filter((trial) => trial.context === context)
              .slice(from, to)
              .map(({ a, b }) => [context.question, a, b]),
          );
        expect(shown(made.training)).toEqual(expected(0, training));
        expect(shown(made.validation)).toEqual(expected(training, training + validation));
      }),
      { seed: 82 },
    );
  });

  it('choose A where its utility is strictly higher', () => {
    // Weights 0, 100, 0: the agent looks at the second attribute alone.
    const weights = new Map(contexts.map(({ name }) => [name, [0, 100, 0]]));
    const { training, validation } = preferenceExamples(contexts, weights);
    expect([training.length, validation.length]).toEqual([150, 30]);
    const choices = [...training, ...validation].map(asked);
    for (const { prompt, answer } of choices) {
      const [a = 0, b = 0] = [prompt?.a[1], prompt?.b[1]];
      expect(answer).toBe(a > b ? 'A' : 'B');
    }
    // Ties are among them: one decimal from -1 to 1 meets itself once in twenty.
    expect(choices.some(({ prompt }) => prompt?.a[1] === prompt?.b[1])).toBe(true);
  });

  it('need weights for every context', () => {
    const weights = targetWeightsFor(contexts.slice(1));
    expect(() => preferenceExamples(contexts, weights)).toThrow(
      new WeighbridgeError('bad-data', 'houseboat has 0 weights, expected 3'),
    );
  });
});

describe('examples of reports', () => {
  const weights = new Map([
    ['houseboat', [100, -7, 0]],
    ['kettle', [50, -100, 3]],
    ['lamp', [1, 2, -100]],
  ]);
  const examples = reportExamples(contexts, weights, 9);

  it('tell the weights in the order of the attributes, whatever their names', () => {
    expect(examples.map((example) => asked(example).answer)).toEqual([
      '{"hull length": 100, "draught": -7, "balance": 0}',
      '{"volume": 50, "2": -100, "10": 3}',
      '{"height": 1, "warmth": 2, "price": -100}',
    ]);
  });

  it('show one trial each, drawn from the seed anew for every context', () => {
    const prompts = examples.map((example) => asked(example).prompt);
    expect(prompts.every((prompt) => prompt?.task === 'introspection')).toBe(true);
    expect(prompts.map((prompt) => [prompt?.a, prompt?.b])).toEqual(
      contexts.map((context) => {
        const [{ a, b }] = drawTrials([context], 1, 9);
        return [a, b];
      }),
    );
  });
});

/** Hands out the given uniform numbers one after another. */
function fixedRandom(...numbers: readonly number[]) {
  const left = numbers.values();
  return { uniform: () => left.next().value ?? Number.NaN };
}

const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const attribute = fc
  .record({
    min: fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    width: fc.oneof(
      fc.double({ min: 1e-3, max: 1, noNaN: true }),
      fc.double({ min: 1, max: 1e4, noNaN: true }),
    ),
  })
  .map(({ min, width }) => ({ name: 'size', min, max: min + width }));

describe('the decimals of a value', () => {
  it.each([
    [0, 900, 0],
    [0, 5, 0],
    [-2.5, 2.5, 0],
    [0, 4.9, 1],
    [0, 1, 1],
    [0, 0.9, 2],
    [0, 0.1, 2],
    [0, 0.05, 3],
    [0, 0.002, 4],
  ])('follow the range: %d to %d gives %i', (min, max, decimals) => {
    expect(decimalsFor({ name: 'size', min, max })).toBe(decimals);
  });

  it('tell a range below 5 into ten steps or more', () => {
    fc.assert(
      fc.property(attribute, ({ name, min, max }) => {
        const steps = (max - min) * 10 ** decimalsFor({ name, min, max });
        expect(steps).toBeGreaterThanOrEqual(max - min >= 5 ? 5 : 9.999);
      }),
      { seed: 41 },
    );
  });
});

describe('an option', () => {
  it('has one value for each attribute, drawn in their order', () => {
    const context = {
      name: 'houseboat',
      question: '',
      attributes: [
        { name: 'hull length', min: 12, max: 30 },
        { name: 'draught', min: 0.5, max: 2.5 },
        { name: 'share', min: 0, max: 0.5 },
      ],
    };
    expect(drawOption(context, fixedRandom(0.25, 0.51, 0.333))).toEqual([17, 1.5, 0.17]);
  });

  it('rounds by the rule that is handed in', () => {
    const attributes = [
      { name: 'whole', min: 0, max: 8 },
      { name: 'tenths', min: 0, max: 4 },
    ];
    const context = { name: 'ties', question: '', attributes };
    // 2.5 to no decimal, 0.25 to one.
    const draw = () => fixedRandom(0.3125, 0.0625);
    expect(drawOption(context, draw())).toEqual([3, 0.3]);
    expect(drawOption(context, draw(), roundHalfEven)).toEqual([2, 0.2]);
  });

  it('has a plain zero where a small negative value is rounded', () => {
    const attributes = [{ name: 'balance', min: -10, max: 10 }];
    const context = { name: 'zero', question: '', attributes };
    expect(drawOption(context, fixedRandom(0.49))).toEqual([0]);
    expect(drawOption(context, fixedRandom(0.49), roundHalfEven)).toEqual([-0]);
  });

  it('stays within the ranges up to rounding, with the decimals that the ranges ask for', () => {
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 6 }), fc.infiniteStream(uniform), (all, us) => {
        const context = { name: '', question: '', attributes: all };
        const option = drawOption(context, fixedRandom(...us.take(all.length)));
        expect(option).toHaveLength(all.length);
        option.forEach((value, i) => {
          const decimals = decimalsFor(all[i]);
          const half = 0.5 * 10 ** -decimals + 1e-9;
          expect(value).toBeGreaterThanOrEqual(all[i].min - half);
          expect(value).toBeLessThanOrEqual(all[i].max + half);
          // + 0: what rounds to zero from below is a negative zero.
          expect(Number(value.toFixed(decimals)) + 0).toBe(value + 0);
        });
      }),
      { seed: 42 },
    );
  });
});

describe('target weights', () => {
  it('are scaled and rounded draws from −100 to 100', () => {
    // −80, 40, 0, −20, 10: the largest becomes −100.
    expect(drawTargetWeights(5, fixedRandom(0.1, 0.7, 0.5, 0.4, 0.55))).toEqual([
      -100, 50, 0, -25, 13,
    ]);
  });

  it('have no negative zero where a small one is rounded', () => {
    expect(drawTargetWeights(2, fixedRandom(0, 0.4999))).toEqual([-100, 0]);
  });

  it('are whole numbers with a largest absolute value of 100', () => {
    const draws = fc.array(uniform, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        // All draws at one half would leave nothing to scale.
        draws.filter((us) => us.some((u) => u !== 0.5)),
        (us) => {
          const weights = drawTargetWeights(us.length, fixedRandom(...us));
          expect(weights.every((weight) => Number.isInteger(weight))).toBe(true);
          expect(weights.some((weight) => Object.is(weight, -0))).toBe(false);
          expect(Math.max(...weights.map(Math.abs))).toBe(100);
        },
      ),
      { seed: 43 },
    );
  });
});
