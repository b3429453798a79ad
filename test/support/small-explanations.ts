/** A small result of a study of explanations: rows as a study makes them, without its training. */
import type { Prediction } from '../../src/explain/grid.js';
import { quickStream } from '../../src/random/quick-stream.js';

import type { ExplanationsFacts } from '../../src/result/write-explanations.js';

export const explanationsFacts: ExplanationsFacts = {
  weighbridge: '0.0.0',
  command: 'weighbridge explain run result --size small',
  size: 'small',
  seeds: 2,
  world: { seed: 1, entities: 6, classes: 2, relations: 2, values: 4 },
  study: { seed: 1, tests: 8 },
  networks: [1, 2].map((i) => ({
    name: `network ${i}`,
    seed: i,
    size: { width: 32, layers: 3, heads: 4, hidden: 64, steps: 100 },
  })),
  larger: [],
  settings: { seed: 1, chains: 1, warmup: 50, draws: 50, algorithm: 'nuts' },
  warnings: ['a warning'],
  seconds: 1.5,
};

/** The share of right answers, by explainer with its vector. */
const right: Readonly<Record<string, number>> = {
  'self given': 0.9,
  'sibling given': 0.7,
  'self none': 0.5,
  'sibling aligned': 0.8,
};

interface RowOptions {
  readonly items?: number;
  readonly sizes?: readonly number[];
}

/** Two networks, of which each explains both, trained twice on each number of exercises. */
export function explanationRows({ items = 8, sizes = [250, 500] }: RowOptions = {}) {
  const { uniform } = quickStream('small explanations', items);
  const both = ['network 1', 'network 2'];
  const arms = Object.keys(right);
  const rows: Prediction[] = [];
  for (const task of ['ablation', 'ablation, seen', 'features']) {
    for (const target of both) {
      for (const arm of task === 'features' ? arms : arms.slice(0, 2)) {
        const [explainer = '', vector = 'given'] = arm.split(' ') as [string, Prediction['vector']];
        const model = both.find((one) => (one === target) === (explainer === 'self')) ?? '';
        for (const n of sizes) {
          for (const seed of [1, 2]) {
            for (let i = 0; i < items; i++) {
              const isRight = uniform() < (right[arm] ?? 0);
              const item = `${target}: ${task === 'features' ? `layer 1, neuron ${i + 1}` : question(i)}`;
              rows.push({
                item,
                cluster: task === 'features' ? item : (question(i).split(' r')[0] ?? ''),
                ...{ target, explainer, vector, task },
                truth: 'same A',
                answer: isRight ? 'same A' : 'becomes B',
                score: task === 'features' ? (isRight ? 0.75 : -0.125) : Number(isRight),
                seed: `seed ${seed}`,
                ...{ n, model },
              });
            }
          }
        }
      }
    }
  }
  return rows;
}

function question(i: number): string {
  const options = [1, 2, 3, 4].map((value) => `r1-value${value}`).join(' ');
  return `entity${1 + (i % 6)} relation1 ${options} hint ${'ABCD'[i % 4]} answer`;
}
