/**
 * docs/open-models.md: the training files are what the two trainers take, and the page's commands run the
 * study to its end. A simulated server stands for trainer and server: it trains on the files of the page.
 */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type SimulatedServer, startSimulatedServer } from '../../src/simulation/server/server.js';
import { inProcess } from '../e2e/in-process.js';
import { checkout } from '../e2e/support.js';
import { until, upload } from '../simulation/server/api-support.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const page = readFileSync(join(checkout, 'docs/open-models.md'), 'utf8');
const fenced = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text = '']) => text,
  );
const commands = fenced('sh').flatMap((block) => block.trim().split('\n'));
const configurations = fenced('yaml');
const [withPreferences = ''] = configurations;
const allFour = configurations.at(-1) ?? '';

const base = 'Qwen/Qwen2.5-7B-Instruct';
/** A study of a minute in place of a day. */
const sizes = `
contexts: { instilled: 20, native: 2 }
counts: { training_examples: 40, validation_examples: 5, instilled_choices: 20, native_choices: 10, reports: 2 }
`;

let server: SimulatedServer;
let api: OpenAI;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
  server = await startSimulatedServer({ jobSeconds: 0.05, models: [base] });
  api = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
  expect((await type('weighbridge study init my-study')).code).toBe(0);
});
afterAll(async () => {
  await server.close();
  await remove();
});

/** Runs a command as the page has it, in the temporary folder. */
function type(line: string) {
  const [, ...words] = line.split(/\s+/);
  const places = ['my-study', 'training-files'];
  return inProcess(words.map((word) => (places.includes(word) ? join(folder, word) : word)));
}

/** The configuration of the page, with this server and with models under these names. */
async function configure(models: string, names: Readonly<Record<string, string>>): Promise<void> {
  const common = withPreferences.slice(0, withPreferences.indexOf('models:'));
  const text = [common.replace(/http:\S+/, server.url), models, sizes].join('\n');
  const renamed = Object.entries(names).reduce(
    (all, [name, served]) => all.replace(new RegExp(`: ${name}$`, 'm'), `: ${served}`),
    text,
  );
  await writeFile(join(folder, 'my-study/study.yaml'), renamed);
}

const modelsOf = (configuration: string) => configuration.slice(configuration.indexOf('models:'));

/** Trains as the page's trainers do, and returns the name under which the model is served. */
async function train(model: string, file: string): Promise<string> {
  const text = await readFile(join(folder, 'training-files', file), 'utf8');
  const { id } = await upload(api, text, 'fine-tune');
  const job = await api.fineTuning.jobs.create({ model, training_file: id });
  const { fine_tuned_model: trained } = await until(
    () => api.fineTuning.jobs.retrieve(job.id),
    ({ status }) => status === 'succeeded' || status === 'failed',
  );
  if (trained === null) throw new Error(`${file} was not trained on`);
  return trained;
}

describe('the training files', () => {
  test('are conversations of three messages with a role and a content, as the trainers take', async () => {
    await configure(modelsOf(withPreferences), {});
    const stimuli = commands.find((line) => line.includes('study stimuli')) ?? '';
    expect((await type(stimuli)).code).toBe(0);
    const files = [...page.matchAll(/^\| `(\w+\.jsonl)` \|/gm)].map(([, file = '']) => file);
    expect(files).toHaveLength(5);
    for (const file of files) {
      const text = await readFile(join(folder, 'training-files', file), 'utf8');
      const lines = text.split('\n');
      expect(lines.length).toBeGreaterThanOrEqual(10);
      for (const line of lines) {
        const example: Record<string, Record<string, unknown>[]> = JSON.parse(line);
        expect(Object.keys(example)).toEqual(['messages']);
        const { messages = [] } = example;
        expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
        for (const message of messages) {
          expect(Object.keys(message)).toEqual(['role', 'content']);
          expect(message.content).toMatch(/\S/);
        }
        const answer = String(messages[2]?.content);
        if (file.startsWith('preferences')) expect(answer).toMatch(/^[AB]$/);
        else expect(Object.values(JSON.parse(answer)).map(Number)).not.toContain(Number.NaN);
      }
    }
  });

  test('are those that the recipes name', () => {
    const named = [...page.matchAll(/training-files\/(\w+\.jsonl)/g)].map(([, file]) => file);
    expect(new Set(named)).toEqual(
      new Set([
        'preferences.jsonl',
        'preferences_validation.jsonl',
        'introspection_first.jsonl',
        'introspection_last.jsonl',
        'introspection_all.jsonl',
      ]),
    );
    for (const text of configurations) expect(parse(text)).toBeTypeOf('object');
  });
});

test('the adapters are served under the names that the study asks for', () => {
  const trained: Record<string, string> = parse(allFour).models[0].trained;
  const served = [...page.matchAll(/([\w-]+)=adapters\/([\w-]+)/g)];
  expect(new Set(served.map(([, name]) => name))).toEqual(new Set(Object.values(trained)));
  for (const [training, name] of Object.entries(trained)) {
    expect(served.find(([, as]) => as === name)?.[2]).toBe(training.replace('_', '-'));
    expect(fenced('ini')[0]).toContain(`[${name}]`);
  }
});

test('the study runs to its end with models trained on its files', async () => {
  const preferences = await train(base, 'preferences.jsonl');
  const [first, last, all] = [
    await train(preferences, 'introspection_first.jsonl'),
    await train(preferences, 'introspection_last.jsonl'),
    await train(preferences, 'introspection_all.jsonl'),
  ];
  await configure(modelsOf(allFour), {
    'qwen-preferences': preferences,
    'qwen-introspection-first': first,
    'qwen-introspection-last': last,
    'qwen-introspection-all': all,
  });
  const [plan, run] = commands.filter((line) => line.includes('study run'));
  expect((await type(plan ?? '')).stdout).toMatch(/choices-instilled +│ +400 /);
  expect(await type(`${run} --quiet`)).toMatchObject({ code: 0 });
  const { stdout } = await type('weighbridge study status my-study');
  expect(stdout.match(/│ done +│/g)).toHaveLength(12);
  expect(stdout).not.toMatch(/│ (ready|waiting|under way|failed) +│/);
});
