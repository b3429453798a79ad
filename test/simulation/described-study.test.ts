/** A study with a task of each kind, collected from models that know its questions. */
import { afterEach, describe, expect, test } from 'vitest';
import { openStudy, type RunningStudy } from '../../src/harness/open-study.js';
import { readAnswer } from '../../src/harness/read-answers.js';
import { runStudy } from '../../src/harness/run-study.js';
import { answersSoFar, requestFor } from '../../src/harness/trial-request.js';
import type { CollectionStage } from '../../src/packs/design.js';
import { profileWith } from '../../src/simulation/server/knobs.js';
import type { Truth } from '../../src/simulation/server/latent.js';
import { type DescribedStudy, describedStudy } from '../support/described-study.js';

const REPEATS = 16;
const sampled = { temperature: 1, repeats: REPEATS, seed: 3 };

const tasks = {
  rate: {
    system: 'You grade essays.',
    prompt: '{{ text }}\nHow good is it, from {{ scale | first }} to {{ scale | last }}?',
    answer: { kind: 'ordinal', from: 1, to: 7 },
    shuffle: 'random',
    ...sampled,
  },
  pick: {
    prompt:
      'Which of these? {{ text }}\n{% for option in options %}{{ option.label }}. {{ option.text }}\n{% endfor %}',
    answer: { kind: 'choice' },
    options: ['first', 'second', 'third'],
    shuffle: 'balanced',
    logprobs: true,
    ...sampled,
  },
  yes: {
    prompt: 'Is it any good? {{ text }}',
    answer: { kind: 'choice', labels: ['Yes', 'No'] },
    ...sampled,
  },
  guess: {
    prompt: 'How long is: {{ text }}',
    answer: { kind: 'number', min: 0, max: 100 },
    ...sampled,
  },
  scores: {
    prompt: 'Scores of {{ text }}',
    answer: { kind: 'json', keys: { style: { min: 0, max: 10 }, content: { min: 0, max: 50 } } },
    json_schema: true,
    ...sampled,
  },
  word: {
    prompt: 'What comes first in {{ text }}',
    answer: { kind: 'text', scorer: 'exact', expected: '{{ first }}' },
    ...sampled,
  },
};

const items = `id,text,first,second,third
i1,Essay one.,red,green,blue
i2,"A list:
A. not an option
B. nor this one",cat,dog,cow
`;

let study: DescribedStudy;
let running: RunningStudy;
afterEach(async () => {
  running.close();
  await study.close();
});

async function collect(some: Partial<typeof tasks>): Promise<void> {
  study = await describedStudy({
    study: { items: 'items.csv', models: [{ name: 'one' }, { name: 'two' }], tasks: some },
    files: { 'items.csv': items },
    server: {
      profiles: {
        one: profileWith('one', { invalid: 0 }),
        two: profileWith('two', { invalid: 0.3 }),
      },
    },
  });
  running = await openStudy(study.folder);
  await runStudy(running);
}

/** The first number of an answer: a number, or the first of several by key. */
function numbersOf(
  stage: CollectionStage,
  trial: number,
  text: string,
): ReadonlyMap<string, number> {
  const reading = stage.read(trial, { text, logprobs: null }, 'paper');
  if (!reading.valid) return new Map();
  const { value } = reading;
  if (typeof value === 'string') return new Map([[value, 1]]);
  return typeof value === 'number' ? new Map([['', value]]) : value;
}

/** The expected numbers of a trial's valid answer. */
function expectedOf(stage: CollectionStage, trial: number, truth: Truth): Map<string, number> {
  if ('means' in truth) return new Map(Object.entries(truth.means));
  const all = Object.entries(truth.answers);
  const valid = all.reduce((sum, [, probability]) => sum + probability, 0);
  const sums = new Map<string, number>();
  for (const [text, probability] of all) {
    for (const [key, value] of numbersOf(stage, trial, text)) {
      sums.set(key, (sums.get(key) ?? 0) + (value * probability) / valid);
    }
  }
  return sums;
}

async function truthOf(stage: CollectionStage, trial: number): Promise<Truth> {
  const asked = answersSoFar(running.stages, running.record);
  const { model, messages, temperature } = requestFor(stage, trial, stage.base.name, asked);
  const response = await fetch(new URL('/simulator/truth', study.server.url), {
    method: 'POST',
    body: JSON.stringify({ model, messages, temperature }),
  });
  return JSON.parse(await response.text());
}

describe('answers to a described study', () => {
  test('are of the kind wanted, at the stated rate, and vary around the truth', async () => {
    await collect(tasks);
    for (const stage of running.stages) {
      if (stage.kind === 'training') throw new Error('nothing is trained here');
      const answers = [...running.record.answers(stage.id)];
      expect(answers).toHaveLength(2 * REPEATS);
      const valid = answers.filter((answer) => readAnswer(stage, answer, 'paper').valid);
      // With a schema nothing is invalid, and any text is valid.
      const always = stage.task === 'scores' || stage.task === 'word';
      const invalid = stage.base.name === 'one' || always ? 0 : 0.3;
      const error = 4 * Math.sqrt((invalid * (1 - invalid)) / answers.length);
      expect(Math.abs(1 - valid.length / answers.length - invalid)).toBeLessThanOrEqual(error);

      const errors = new Map<string, number[]>();
      for (const { item, text } of valid) {
        const found = numbersOf(stage, item, text);
        for (const [key, expected] of expectedOf(stage, item, await truthOf(stage, item))) {
          const list = errors.get(key) ?? [];
          errors.set(key, list);
          list.push((found.get(key) ?? 0) - expected);
        }
      }
      expect(errors.size).toBeGreaterThan(0);
      if (stage.task === 'word' && invalid === 0 && stage.base.name === 'two') continue;
      for (const list of errors.values()) {
        const mean = list.reduce((sum, one) => sum + one, 0) / list.length;
        const square = list.reduce((sum, one) => sum + one ** 2, 0) / list.length;
        // A false alarm once in 16,000 times; without variation, rounding.
        expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(square / list.length) + 1e-9);
      }
    }
  });

  test('are the same with the same seeds, also where each repeat is another draw', async () => {
    const texts = () =>
      running.stages.map(({ id }) =>
        Array.from(running.record.answers(id), ({ item, text }) => [item, text]).toSorted(),
      );
    await collect({ guess: tasks.guess });
    const first = texts();
    running.close();
    await study.close();
    await collect({ guess: tasks.guess });
    expect(texts()).toEqual(first);
    const guesses = [...running.record.answers('one/guess')].map(({ text }) => text);
    expect(new Set(guesses).size).toBeGreaterThan(5);
  });
});
