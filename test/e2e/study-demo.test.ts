/**
 * The demo at a reduced size: fewer contexts, with the paper's counts in each; a smaller one is in
 * result.test.ts. What it finds is held
 * against what is true in the simulator.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paperProfiles } from '../../src/simulation/server/profile.js';
import { trueFigures } from '../../src/simulation/server/true-correlations.js';
import { isDeep } from '../support/deep.js';
import { filesIn } from '../support/simulated-study.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  errorLines,
  type Outcome,
  parseReproduction,
  type ReproductionJson,
  weighbridge,
} from './support.js';

const CONTEXTS = 24;

let outcome: Outcome;
let result: ReproductionJson;
let weightFiles: Record<string, string>;
let removeFolder = async () => {};

const runDemo = async () => {
  const { folder, remove } = await temporaryFolder();
  removeFolder = remove;
  const json = join(folder, 'demo.json');
  const size = ['--contexts', String(CONTEXTS), '--warmup', '300', '--draws', '500'];
  const weights = join(folder, 'weights');
  const pack = ['--pack', 'self-interpretability'];
  const files = ['--json', json, '--weights', weights];
  outcome = await weighbridge(['study', 'demo', ...pack, ...size, ...files]);
  expect(outcome.code, outcome.stderr).toBe(0);
  result = parseReproduction(await readFile(json, 'utf8'));
  weightFiles = await filesIn(weights);
};

describe.runIf(isDeep)('the demo', () => {
  beforeAll(runDemo);
  afterAll(() => removeFolder());

  test('says of every stage when it is done, and that its data are simulated', () => {
    const done = outcome.stderr.split('\n').filter((line) => line.endsWith('answers, done'));
    expect(done).toHaveLength(2 * 8);
    expect(outcome.stdout).toContain('SIMULATED DATA');
    expect(result.data.simulated).toBe(true);
  });

  test('prints the true values beside the intervals, and how many hold them', () => {
    const [, covered, of] = /(\d+) of (\d+) HDIs/.exec(outcome.stdout) ?? [];
    expect(Number(of)).toBe(2 * 6);
    // As below.
    expect(Number(covered)).toBeGreaterThanOrEqual(9);
  });

  test('collects the whole of it', () => {
    // 50 + 100 choices; five times 10 reports, of which two halves make one.
    const answers = 2 * CONTEXTS * (50 + 100 + 5 * 10);
    expect(outcome.stderr).toContain(`collected: ${answers} requests`);
    for (const weights of Object.values(result.weights)) expect(weights).toHaveLength(CONTEXTS);
  });

  test('writes its learned weights as the authors’ regression results', () => {
    const models = Object.keys(paperProfiles);
    expect(Object.keys(weightFiles).toSorted()).toEqual(
      models
        .flatMap((model) => [
          `${model}_latent_regression_results.csv`,
          `${model}_regression_results.csv`,
        ])
        .toSorted(),
    );
    for (const model of models) {
      const [header, ...rows] = (weightFiles[`${model}_regression_results.csv`] ?? '')
        .trim()
        .split('\n');
      expect(header).toBe('scenario,b_attr1,b_attr2,b_attr3,b_attr4,b_attr5');
      expect(rows).toEqual(
        result.weights[`${model}/instilled`]?.map(({ scenario, scaled }) =>
          [scenario, ...scaled].join(','),
        ),
      );
    }
  });

  /**
   * A 95% HDI misses the truth once in twenty at most (that of a standardized regression is a little
   * wider than the correlation varies). More than 3 misses of 12: two studies in a thousand.
   */
  test('finds the correlations that are true in the simulator', () => {
    let misses = 0;
    for (const [model, profile] of Object.entries(paperProfiles)) {
      const { correlations } = trueFigures(profile);
      for (const [key, truth] of Object.entries(correlations)) {
        const found = result.correlations[`${model}/${key}`];
        if (!found) throw new Error(`the demo has no correlation ${model}/${key}`);
        const [low, high] = found.hdi;
        if (truth < low || truth > high) misses++;
        // Within four posterior standard deviations, of which an HDI is some four wide.
        expect(Math.abs(found.estimate - truth)).toBeLessThan(high - low);
      }
    }
    expect(misses).toBeLessThanOrEqual(3);
  });
});

describe('the demo of a described pack', () => {
  test.runIf(isDeep)(
    'finds what is true in the simulator, and leaves no folder behind',
    async () => {
      const judged = await weighbridge(['study', 'demo', '--pack', 'judge', '--quiet']);
      expect(judged.code, judged.stderr).toBe(0);
      expect(judged.stdout).toContain('SIMULATED DATA');
      const [, covered, of] = /(\d+) of (\d+) HDIs/.exec(judged.stdout) ?? [];
      expect(Number(of)).toBe(6);
      // The demo is the same each time; its intervals are of one study.
      expect(Number(covered)).toBeGreaterThanOrEqual(5);
    },
  );

  test('is refused for a pack that does not exist', async () => {
    const refused = await weighbridge(['study', 'demo', '--pack', 'juge']);
    expect(refused.code).toBe(2);
    expect(errorLines(refused)).toHaveLength(1);
    expect(refused.stderr).toContain("there is no pack 'juge'");
  });
});
