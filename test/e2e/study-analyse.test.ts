/** The analyses of a described study: what the command prints, and the folder that it writes. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTable } from '../../src/data-files/read-table.js';
import { readAnswersResult } from '../../src/result/read-answers.js';
import { inProcess } from './in-process.js';
import { errorLines, SHORT } from './support.js';

let server: Server;
let root = '';
let folder = '';

/** Grades by item and model: the second model is one point above; one answer in nine is no grade. */
async function startJudges(): Promise<void> {
  let count = 0;
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { model, messages } = JSON.parse(Buffer.concat(parts).toString());
    const item = Number(/essay (\d+)/.exec(messages.at(-1).content)?.[1]);
    const grade = 2 + (item % 3) + (model === 'org/second' ? 1 : 0) + (++count % 4 < 2 ? 1 : 0);
    const content = count % 9 === 0 ? '=I cannot say' : `${grade}`;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 20, completion_tokens: 1 },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

const analysis = `analysis:
  - { title: Judges, formula: 'value ~ 1 + model + (1 | item)', prior: { b: 'normal(0, 5)' }, compare: model }
  - { formula: 'value ~ 1', stages: [ratings], where: { model: first } }
`;

beforeAll(async () => {
  await startJudges();
  root = await mkdtemp(join(tmpdir(), 'weighbridge-analyse-'));
  folder = join(root, 'study');
  await mkdir(folder);
  const { port } = server.address() as AddressInfo;
  const items = Array.from({ length: 12 }, (_, i) => `e${i},essay ${i}`);
  await writeFile(join(folder, 'items.csv'), `id,essay\n${items.join('\n')}\n`);
  await writeFile(
    join(folder, 'study.yaml'),
    `study: essays
server: { base_url: 'http://127.0.0.1:${port}/v1', key_variable: null, concurrency: 1 }
items: items.csv
tasks:
  rate:
    prompt: 'Grade {{ essay }} from 1 to 7.'
    answer: { kind: ordinal, from: 1, to: 7 }
    repeats: 2
models: [{ name: first }, { name: org/second }]
stages: [{ id: ratings, task: rate }]
${analysis}`,
  );
  const { code, stderr } = await inProcess(['study', 'run', folder, '--quiet']);
  expect(`${code} ${stderr}`).toBe('0 ');
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(root, { recursive: true, force: true });
});

const analyse = (...more: string[]) =>
  inProcess(['study', 'analyse', folder, ...SHORT, '--chains', '2', '--quiet', ...more]);

describe('study analyse of a described study', () => {
  test('prints its sections and writes a result with the answers behind them', async () => {
    const out = join(root, 'out');
    const { code, stdout } = await analyse('--out', out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^essays\n/);
    expect(stdout).toMatch(/Rows: 43 of 48 answers\. 5 were left out as invalid/);
    expect(stdout).toMatch(/first - org\/second\s+│\s+−(0\.[6-9]|1\.[0-4])\d+/);
    expect(stdout).toContain('are treated as numbers');
    expect(stdout).toMatch(/Rows: \d+ of 24 answers of ratings with model first\./);

    const read = await readAnswersResult(out);
    const { study, pack, models, stages, sections, data, rows, columns } = read.result;
    expect({ study, pack, models, rows }).toEqual({
      ...{ study: 'essays', pack: null, models: ['first', 'org/second'], rows: 48 },
    });
    expect(data).toEqual({ folder, simulated: false });
    expect(stages.map(({ stage, model, asked }) => [stage, model, asked])).toEqual([
      ['ratings', 'first', 24],
      ['ratings', 'org/second', 24],
    ]);
    expect(sections.map(({ title }) => title)).toEqual(['Judges', 'value ~ 1']);
    const [fit] = sections[0]?.fits ?? [];
    expect((fit && (await read.draws(fit)))?.length).toBe(2 * 60 * (fit?.summary.length ?? 0));
    await read.close();

    const names = columns.map(({ name }) => name);
    expect(names.slice(0, 5)).toEqual(['study', 'stage', 'task', 'item', 'essay']);
    const csv = await readTable(join(out, 'csv', 'answers.csv'));
    expect(Object.keys(csv)).toEqual(names);
    expect(csv.answer_text).toContain("'=I cannot say");
    const lines = await readTable(join(out, 'answers.jsonl'));
    expect(lines.value).toEqual(csv.value);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('<h1>essays</h1>');
  });

  test('writes its sections as JSON, without draws, and nothing else to standard output', async () => {
    const { code, stdout } = await analyse('--json', '-');
    expect(code).toBe(0);
    const { study, sections, settings } = JSON.parse(stdout);
    expect(study).toBe('essays');
    expect(settings).toMatchObject({ chains: 2, draws: 60 });
    expect(sections[0].fits[0]).toMatchObject({ formula: 'value ~ 1 + model + (1 | item)' });
    expect(sections[0].fits[0]).not.toHaveProperty('draws');
  });

  test.each([
    [['--weights', 'w'], /--weights is for a study of the pack self-interpretability/],
    [['--weigh-choices', 'by-probability'], /--weigh-choices is for a study of the pack/],
  ])('refuses flags of the paper: %j', async (flags, message) => {
    const before = await readdir(root);
    const found = await analyse(...flags, '--out', join(root, 'refused'));
    expect(found.code).toBe(2);
    expect(errorLines(found)).toEqual([expect.stringMatching(message)]);
    expect(await readdir(root)).toEqual(before);
  });

  test('names the analysis whose formula is wrong, and writes nothing', async () => {
    const path = join(folder, 'study.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace("formula: 'value ~ 1',", "formula: 'value ~ 1 + colour',"));
    const before = await readdir(root);
    const found = await analyse('--out', join(root, 'refused'));
    await writeFile(path, text);
    expect(found.code).toBe(2);
    expect(errorLines(found)).toEqual([
      expect.stringMatching(/study\.yaml, line \d+: analysis\.1\.formula: .*'colour'/),
    ]);
    expect(await readdir(root)).toEqual(before);
  });
});
