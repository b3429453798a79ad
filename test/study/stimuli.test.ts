/**
 * Stimuli by the paper's rules, against numbers that Python 3.11 made of these contexts by the same
 * rules, and what must hold for any.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import type { Candidate } from '../../src/study/candidates.js';
import { parsePrompt, systemPrompt } from '../../src/study/prompts.js';
import {
  assignAgents,
  drawTrials,
  preferenceExamples,
  reportExamples,
  targetWeightsFor,
} from '../../src/study/stimuli.js';
import type { TrainingExample } from '../../src/study/training-files.js';

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
