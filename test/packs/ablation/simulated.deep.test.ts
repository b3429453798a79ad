/** The pack `ablation` from its first question to its sections, on simulated models. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { answerTable, columnsByName } from '../../../src/harness/answer-table.js';
import { openStudy, type RunningStudy } from '../../../src/harness/open-study.js';
import { runStudy } from '../../../src/harness/run-study.js';
import { answersSoFar, requestFor } from '../../../src/harness/trial-request.js';
import { sentenceOf } from '../../../src/packs/ablation/frames.js';
import { analyseAnswers } from '../../../src/packs/analyses.js';
import type { DescribedInput } from '../../../src/packs/described/configuration.js';
import { stageName } from '../../../src/packs/design.js';
import type { Section } from '../../../src/result/sections.js';
import { profileWith } from '../../../src/simulation/server/knobs.js';
import { type DescribedStudy, describedStudy } from '../../support/described-study.js';

const fixtures = fileURLToPath(new URL('../../../fixtures', import.meta.url));
const models = ['Qwen/Qwen2.5-7B-Instruct', 'meta-llama/Llama-3.1-8B-Instruct'] as const;
const [self] = models;

let study: DescribedStudy;
let running: RunningStudy;
let sections: Section[];

const explained = ['untrained', 'shown-1', 'shown-2', 'shown-3', 'own-10-said', 'own-20-said'];
const analysis: DescribedInput['analysis'] = [
  {
    ...{ analysis: 'explanations', with: 'asked', without: 'bare', explained },
    ...{ trained_on: { 'own-10': 10, 'own-20': 20 }, labels: ['A', 'B', 'C', 'D'] },
  },
  {
    ...{ analysis: 'causal_weights', chosen: 'chosen', reported: 'reported' },
    equal: [1, 2, 3, 4, 5].map((i) => `equal-${i}`),
  },
];

/** The study as it ships, with fewer choices, without its sentences and the second model's trainings. */
beforeAll(async () => {
  const text = (file: string) => readFile(`${fixtures}/${file}`, 'utf8');
  const { server: _, ...yaml } = parse(await text('packs/ablation/study.yaml'));
  const { items } = yaml;
  const knobs = { self_knowledge: 0.6, hint_following: 0.7, invalid: 0, insight: 0.95 };
  study = await describedStudy({
    study: {
      ...yaml,
      analysis,
      stages: yaml.stages.filter(({ id }: { id: string }) => !/^(other|sentence)-/.test(id)),
      items: {
        ...items,
        choices: { ...items.choices, count: 4, per_context: 16 },
        reports: { ...items.reports, count: 4, per_context: 3 },
      },
    },
    from: `${fixtures}/packs/ablation`,
    files: { 'contexts.json': await text('contexts.json'), 'agents.csv': await text('agents.csv') },
    server: {
      seed: 5,
      profiles: Object.fromEntries(models.map((model) => [model, profileWith(model, knobs)])),
    },
  });
  running = await openStudy(study.folder);
  const stop = new AbortController();
  const interrupted = runStudy(running, {
    signal: stop.signal,
    onProgress: ({ stage, done }) => {
      if (stage.id === `${self}/shown-2` && done >= 10) stop.abort();
    },
  });
  await expect(interrupted).rejects.toThrow(/stopped/);
  running.close();
  running = await openStudy(study.folder);
  await runStudy(running);
  const columns = columnsByName(answerTable(running, 'lenient'));
  const { configuration } = study.design;
  const sampling = { chains: 2, warmup: 100, draws: 100, seed: 1 };
  sections = await analyseAnswers(columns, configuration.analysis, sampling);
});
afterAll(async () => {
  running.close();
  await study.close();
});

const section = (title: RegExp) =>
  sections.find((one) => title.test(one.title)) ?? expect.fail(`no section ${title}`);

/** The probability that a simulated model gives the true explanation, by arm: `TARGET: NAME`. */
async function trueRates(): Promise<Map<string, number>> {
  const asked = answersSoFar(running.stages, running.record);
  const label = (id: string, item: string) => {
    const stage = running.stages.find((one) => one.id === id);
    if (!stage || stage.kind === 'training') return expect.fail(`no stage ${id}`);
    const trial = [...stage.trials.keys()].find((one) => stage.itemOf(one) === item) ?? -1;
    return String(asked(id).get(trial));
  };
  const sums = new Map<string, number[]>();
  for (const stage of running.stages) {
    if (stage.kind === 'training' || stage.after !== null || stage.task !== 'explain') continue;
    const name = stageName(stage);
    for (const trial of stage.trials.keys()) {
      const about = String(stage.shown(trial).get('about'));
      const request = requestFor(stage, trial, stage.base.name, asked);
      const response = await fetch(new URL('/simulator/truth', study.server.url), {
        method: 'POST',
        body: JSON.stringify({ ...request, temperature: 0 }),
      });
      const { answers }: { answers: Record<string, number> } = JSON.parse(await response.text());
      for (const target of name === 'untrained' ? models : [about]) {
        const item = stage.itemOf(trial);
        const [before, answer] = ['asked', 'bare'].map((id) => label(`${target}/${id}`, item));
        if (before === undefined || answer === undefined) continue;
        const sentence = sentenceOf({ changed: before !== answer, answer });
        const shots = name === 'untrained' ? '' : ', 4 examples';
        const arm = `${target}: ${stage.base.name}${shots}`;
        sums.set(arm, [...(sums.get(arm) ?? []), answers[sentence] ?? 0]);
      }
    }
  }
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  return new Map([...sums].map(([arm, values]) => [arm, mean(values)]));
}

describe('the pack ablation on simulated models', () => {
  it('pays for each answer once, though it was stopped in the middle', () => {
    expect(study.server.stats().paidAnswers).toBe(study.answers);
  });

  it('holds the true rates of exact explanations in its intervals', async () => {
    const truths = await trueRates();
    const { intervals } = section(/How well it is explained/);
    const held = [...truths].filter(([arm, truth]) => {
      const [target, name] = arm.split(': ');
      const interval = intervals.find(
        ({ label, group }) => label === name && group?.endsWith(` ${target}`),
      );
      const { lower, upper } = interval ?? expect.fail(`no interval of ${arm}`);
      return Number(lower) <= truth && truth <= Number(upper);
    });
    // 95% intervals of 8 arms: fewer than 6 hold their truth with a probability of 0.006.
    expect(truths.size).toBe(8);
    expect(held.length).toBeGreaterThanOrEqual(6);
  });

  it('finds that each model explains itself better than the other', () => {
    const { intervals } = section(/Does the model itself explain better/);
    for (const [one, other] of [models, models.toReversed()]) {
      const found = intervals.find(
        ({ label, group }) =>
          label === `${one} − ${other} (4 examples)` && group === 'difference in probability',
      );
      expect(found?.lower, one).toBeGreaterThan(0);
    }
  });

  it('finds that reports follow causal weights', () => {
    const { intervals, tables } = section(/What an attribute does/);
    expect(tables[0]?.rows).toHaveLength(20);
    expect(intervals.map(({ label }) => label)).toContain('causal and reported weights');
    for (const { label, lower } of intervals) expect(lower, label).toBeGreaterThan(0);
  });
});
