import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnswersSoFar, AnswerValue, TrainingStage } from '../../../src/packs/design.js';
import { askingStage, describedStages } from '../../support/described-plan.js';

const head = `study: essays
server: {base_url: 'http://127.0.0.1:9', key_variable: null}
items: items.csv
models: [{name: m1}, {name: m2}]
`;

const items = (count: number) =>
  [
    'id,text,good,poor',
    ...Array.from({ length: count }, (_, i) => `e${i},Text ${i},G${i},P${i}`),
  ].join('\n');

const tasks = (shuffle: string, repeats = 1) => `
tasks:
  pick:
    prompt: |
      {{ text }}
      {% for option in options %}{{ option.label }}: {{ option.text }} {% endfor %}
    options: [good, poor]
    shuffle: ${shuffle}
    repeats: ${repeats}
    answer: { kind: choice }
    logprobs: true
  explain:
    system: Explain.
    prompt: "Why {{ text }}?"
    answer: { kind: text }
`;

const none: AnswersSoFar = () => new Map();

describe('the options of a task', () => {
  test('are shown in the order recorded, and the answer is the option whatever its label', async () => {
    const stages = await describedStages({
      'study.yaml': head + tasks('random'),
      'items.csv': items(30),
    });
    const stage = askingStage(stages, 'm1/pick');
    const orders = new Set<unknown>();
    for (const trial of stage.trials.keys()) {
      const shown = stage.shown(trial);
      const order = String(shown.get('order')).split(',');
      orders.add(shown.get('order'));
      const [first = '', second = ''] = order.map((name) => String(shown.get(name)));
      const prompt = stage.ask(trial, none).messages.at(-1)?.content ?? '';
      expect(prompt).toBe(`${shown.get('text')}\nA: ${first} B: ${second}`);
      const read = stage.read(trial, { text: 'B', logprobs: null }, 'paper');
      expect(read).toMatchObject({ valid: true, value: order[1] });
      expect(stage.labelled(trial, 'A')).toBe(order[0]);
    }
    expect(orders).toEqual(new Set(['good,poor', 'poor,good']));
  });

  test('take every order equally often when balanced', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        async (n, k) => {
          const stages = await describedStages({
            'study.yaml': head + tasks('balanced', k),
            'items.csv': items(n),
          });
          const stage = askingStage(stages, 'm1/pick');
          const counts = new Map<unknown, number>();
          for (const trial of stage.trials.keys()) {
            const order = stage.shown(trial).get('order');
            counts.set(order, (counts.get(order) ?? 0) + 1);
          }
          const [one = 0, other = 0] = counts.values();
          expect(one + other).toBe(n * k);
          expect(Math.abs(one - other)).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 20, seed: 1 },
    );
  });

  test('are the same for every model, and for two stages with the same seed', async () => {
    const stages = await describedStages({
      'study.yaml': `${head}${tasks('random')}
stages:
  - { id: with, task: pick }
  - { id: without, task: pick, set: { text: '' } }
  - { id: again, task: pick, seed: 5 }`,
      'items.csv': items(40),
    });
    const orders = (id: string) => {
      const stage = askingStage(stages, id);
      return Object.fromEntries(
        stage.trials.map((_, trial) => [stage.itemOf(trial), stage.shown(trial).get('order')]),
      );
    };
    expect(orders('m1/with')).toEqual(orders('m2/with'));
    expect(orders('m1/with')).toEqual(orders('m1/without'));
    expect(orders('m1/with')).not.toEqual(orders('m1/again'));
  });
});

test('trials are in random order by seed, and the same each time', async () => {
  const plan = (seed: number) =>
    describedStages({
      'study.yaml': `${head}${tasks('none', 2)}
stages: [{ id: a, task: pick, seed: ${seed} }, { id: b, task: pick, order: as given }]`,
      'items.csv': items(20),
    });
  const shown = async (seed: number, id: string) => {
    const stage = askingStage(await plan(seed), id);
    return stage.trials.map(({ item, repeat }) => `${item.id}/${repeat}`);
  };
  const asGiven = await shown(1, 'm1/b');
  expect(asGiven.slice(0, 3)).toEqual(['e0/1', 'e0/2', 'e1/1']);
  expect(await shown(1, 'm1/a')).toEqual(await shown(1, 'm1/a'));
  expect(await shown(1, 'm1/a')).not.toEqual(asGiven);
  expect((await shown(1, 'm1/a')).toSorted()).toEqual(asGiven.toSorted());
  expect(await shown(1, 'm1/a')).not.toEqual(await shown(2, 'm1/a'));
});

const explaining = (count: number, more = '') => `${head}${tasks('none')}
stages:
  - { id: with, task: pick }
  - { id: without, task: pick, set: { text: '' } }
  - id: explain
    task: explain
    about: [m1]
    measured: { with: with, without: without }
    examples:
      count: ${count}
      seed: 3
      answer: '{% if measured.with == measured.without %}unchanged{% else %}changed{% endif %}'
      balance: '{% if measured.with == measured.without %}no{% else %}yes{% endif %}'
  - id: teach
    kind: training
    task: explain
    measured: { with: with, without: without }
    answer: '{% if measured.with == measured.without %}unchanged{% else %}changed{% endif %}'
    ${more}
  - { id: taught, task: explain, after: teach }
`;

/** Answers to every item of both stages: `changed` lists the items whose answer differs. */
async function measuredPlan(yaml: string, count: number, changed: readonly number[]) {
  const stages = await describedStages({ 'study.yaml': yaml, 'items.csv': items(count) });
  const answers: AnswersSoFar = (id) => {
    const stage = stages.find((one) => one.id === id);
    if (stage?.kind !== 'answers') return new Map<number, AnswerValue>();
    return new Map(
      stage.trials.map((_, trial) => {
        const item = Number(stage.itemOf(trial).slice(1));
        return [trial, id.endsWith('without') && changed.includes(item) ? 'poor' : 'good'];
      }),
    );
  };
  return { stages, answers };
}

describe('worked examples', () => {
  test('are other items, as turns of the chat, with the answers that were measured', async () => {
    const { stages, answers } = await measuredPlan(explaining(4), 12, [0, 1, 2, 3, 4]);
    const stage = askingStage(stages, 'm2/explain/about-m1');
    expect(stage.needs).toEqual(['m1/with', 'm1/without']);
    for (const trial of stage.trials.keys()) {
      const { messages } = stage.ask(trial, answers);
      expect(messages.map(({ role }) => role).join(' ')).toBe(
        'system user assistant user assistant user assistant user assistant user',
      );
      const own = messages.at(-1)?.content;
      const pairs = [0, 1, 2, 3].map((k) => messages.slice(1 + 2 * k, 3 + 2 * k));
      for (const [question, answer] of pairs) {
        expect(question?.content).not.toBe(own);
        const item = Number(/\d+/.exec(question?.content ?? '')?.[0]);
        expect(answer?.content).toBe(item <= 4 ? 'changed' : 'unchanged');
      }
      const changed = pairs.filter(([, answer]) => answer?.content === 'changed').length;
      expect(Math.abs(changed - 2)).toBeLessThanOrEqual(1);
      const shown = stage.shown(trial);
      expect(['shots', 'bank', 'about'].map((name) => shown.get(name))).toEqual([4, 3, 'm1']);
    }
  });
});

describe('a training on measured answers', () => {
  const lines = async (changed: readonly number[], more: string) => {
    const { stages, answers } = await measuredPlan(explaining(1, more), 30, changed);
    const stage = stages.find(({ id }) => id === 'm1/train-teach') as TrainingStage;
    return stage.text(answers).training.split('\n');
  };
  const isChanged = (line: string) => JSON.parse(line).messages.at(-1).content === 'changed';

  test('has balanced classes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 29 }), { minLength: 1, maxLength: 29 }),
        async (changed) => {
          const all = await lines(changed, `balance: '{{ measured.without }}'`);
          const least = Math.min(changed.length, 30 - changed.length);
          expect(all.filter(isChanged)).toHaveLength(least);
          expect(all).toHaveLength(2 * least);
        },
      ),
      { numRuns: 10, seed: 2 },
    );
  });

  test('of fewer examples is the beginning of one of more', async () => {
    const some = await lines([1, 2, 3], 'count: 12');
    const more = await lines([1, 2, 3], 'count: 20');
    expect(some).toHaveLength(12);
    expect(more.slice(0, 12)).toEqual(some);
  });

  test('leaves out items without a valid answer', async () => {
    const { stages, answers } = await measuredPlan(explaining(1), 10, [1]);
    const stage = stages.find(({ id }) => id === 'm1/train-teach') as TrainingStage;
    const lacking: AnswersSoFar = (id) =>
      new Map([...answers(id)].filter(([trial]) => id !== 'm1/with' || trial > 3));
    expect(stage.text(lacking).training.split('\n')).toHaveLength(6);
    expect(stage.needs).toEqual(['m1/with', 'm1/without']);
    expect(askingStage(stages, 'm1/taught').needs).toEqual(['m1/train-teach']);
  });
});

describe('a stage whose examples are too few', () => {
  const ready = async (id: string, changed: readonly number[], yaml: string) => {
    const { stages, answers } = await measuredPlan(yaml, 20, changed);
    return () => stages.find((stage) => stage.id === id)?.requireReady?.(answers);
  };

  test('is stopped before it asks', async () => {
    expect(await ready('m1/explain', [1, 2], explaining(3))).not.toThrow();
    expect(await ready('m1/explain', [1, 2], explaining(4))).toThrow(
      'm1/explain wants 4 worked examples: 4 items have valid answers in classes of one size, expected at least 5',
    );
    expect(await ready('m1/explain', [], explaining(4))).not.toThrow();
  });

  test('is stopped before it trains', async () => {
    const yaml = explaining(1, "count: 12\n    balance: '{{ measured.without }}'");
    expect(await ready('m1/train-teach', [0, 1, 2, 3, 4, 5], yaml)).not.toThrow();
    expect(await ready('m1/train-teach', [0, 1, 2], yaml)).toThrow(
      'm1/train-teach wants 12 examples: 6 items have valid answers',
    );
  });

  test('is stopped if nothing valid was measured', async () => {
    const { stages } = await measuredPlan(explaining(1), 20, []);
    const stage = askingStage(stages, 'm1/explain');
    expect(() => stage.requireReady?.(none)).toThrow('0 items have valid answers');
  });
});
