/** `weighbridge explain import`: tables of an experiment, as its users run it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../support/temporary-folder.js';
import { errorLines, SHORT, STACK_LINE, warningLines, weighbridge } from './support.js';

let place: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  place = await temporaryFolder();
});
afterEach(() => place.remove());

async function written(name: string, text: string): Promise<string> {
  const path = join(place.folder, name);
  await writeFile(path, text);
  return path;
}

const HEADER = 'item,target,explainer,task,truth,answer,n,vector';

/** Self is right of three items in four, the other of two; with the vector taken out self is right of one. */
function table(tasks: readonly string[], explainers: readonly string[]): string {
  const right: Readonly<Record<string, number>> = { 'model-1': 3, other: 2, text: 1 };
  const rows = tasks.flatMap((task) =>
    explainers.flatMap((explainer) =>
      Array.from({ length: 32 }, (_, item) => {
        const answer = item % 4 < (right[explainer] ?? 0) ? 'B' : 'C';
        const [name, vector] = explainer === 'text' ? ['model-1', 'none'] : [explainer, ''];
        return `q${item},model-1,${name},${task},B,${answer},400,${vector}`;
      }),
    ),
  );
  return `${[HEADER, ...rows].join('\n')}\n`;
}

const interval = z.object({
  mean: z.number(),
  hdi: z.tuple([z.number(), z.number()]),
});
const taskSchema = z.object({
  explainers: z.record(
    z.string(),
    z.object({ n: z.int(), accuracy: z.number(), hdi: z.tuple([z.number(), z.number()]) }),
  ),
  self_minus_other: interval.nullable(),
  vector: interval.nullable(),
  aligned: interval.nullable(),
  data_efficiency: z.object({ slopes: z.record(z.string(), interval) }).nullable(),
  not_told: z.record(z.string(), z.string()),
});
const resultSchema = z.object({ tasks: z.record(z.string(), taskSchema) });

describe('explain import', () => {
  it('prints who explains better, and writes it as JSON by task', async () => {
    const own = await written('self.csv', table(['ablation', 'patching'], ['model-1', 'text']));
    const other = await written('other.csv', table(['ablation', 'patching'], ['other']));
    const json = join(place.folder, 'found.json');
    const { code, stdout, stderr } = await weighbridge([
      ...['explain', 'import', own, other, '--json', json, ...SHORT],
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/│ self +│ +32 │ +32 │ +0 │ +0\.750 │/);
    expect(stdout).toMatch(/│ self − other +│ 0\.\d+/);
    expect(stdout).toMatch(/^Not told: what alignment adds\. No other explainer has rows/m);
    const { tasks } = resultSchema.parse(JSON.parse(await readFile(json, 'utf8')));
    expect(Object.keys(tasks)).toEqual(['ablation', 'patching']);
    const found = tasks.ablation;
    expect(Object.keys(found?.explainers ?? {})).toEqual(['self', 'self, vector none', 'other']);
    for (const [told, observed] of [
      [found?.explainers.self?.hdi, 0.75],
      [found?.self_minus_other?.hdi, 0.25],
      [found?.vector?.hdi, 0.5],
    ] as const) {
      const [low, high] = told ?? [Number.NaN, Number.NaN];
      expect(low).toBeLessThan(observed);
      expect(high).toBeGreaterThan(observed);
    }
    expect([found?.aligned, found?.data_efficiency]).toEqual([null, null]);
    expect(found?.not_told['data efficiency']).toMatch(/column n/);
  });

  it('gives the same numbers for the same seed, from any format, without words if asked', async () => {
    const text = table(['ablation'], ['model-1', 'other']);
    const csv = await written('d.csv', text);
    const [, ...rows] = text.trim().split('\n');
    const records = rows.map((line) => {
      const cells = line.split(',');
      return JSON.stringify(
        Object.fromEntries(
          HEADER.split(',').map((name, i) => [name, name === 'n' ? Number(cells[i]) : cells[i]]),
        ),
      );
    });
    const jsonl = await written('d.jsonl', `${records.join('\n')}\n`);
    const found = [];
    for (const file of [csv, jsonl]) {
      const asked = ['explain', 'import', file, '--json', '-', '--quiet', '--seed', '7'];
      const { code, stdout, stderr } = await weighbridge([...asked, ...SHORT]);
      expect([code, stderr]).toEqual([0, '']);
      found.push(resultSchema.parse(JSON.parse(stdout)).tasks);
    }
    expect(found[0]).toEqual(found[1]);
  });

  it.each<[string, string, string, readonly string[], RegExp]>([
    ['an empty file', 'd.csv', '', [], /d\.csv is empty/],
    ['a header alone', 'd.csv', `${HEADER}\n`, [], /d\.csv (has|holds) .*no|no rows/],
    ['an unknown type', 'd.xlsy', 'x', [], /the format of .*d\.xlsy is unknown/],
    [
      'a misspelt column',
      'd.csv',
      table(['a'], ['model-1', 'other']).replace('explainer', 'explaner'),
      [],
      /d\.csv has no column 'explainer', did you mean 'explaner'\?/,
    ],
    [
      'one explainer',
      'd.csv',
      table(['a'], ['other']),
      [],
      /task 'a': 32 of 32 items have answers of one explainer only/,
    ],
    [
      'an unknown other',
      'd.csv',
      table(['a'], ['model-1', 'other']),
      ['--other', 'othr'],
      /--other is 'othr', did you mean 'other'\?/,
    ],
  ])('says in one line what is wrong: %s', async (_, name, text, more, message) => {
    const file = await written(name, text);
    const outcome = await weighbridge(['explain', 'import', file, ...more, ...SHORT]);
    expect([outcome.code, outcome.stdout]).toEqual([2, '']);
    expect(errorLines(outcome)).toHaveLength(1);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toMatch(STACK_LINE);
  });

  it('refuses a file that is given twice, and no file', async () => {
    const file = await written('d.csv', table(['a'], ['model-1', 'other']));
    const twice = await weighbridge(['explain', 'import', file, file]);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringMatching(/is given twice/)]);
    expect((await weighbridge(['explain', 'import'])).code).toBe(2);
  });

  it('warns of what it leaves out on request', async () => {
    const text = table(['a'], ['model-1', 'other']);
    const file = await written('d.csv', `${text}q99,model-1,other,a,B,B,400,\n`);
    const outcome = await weighbridge([
      ...['explain', 'import', file, '--unpaired', 'drop', ...SHORT],
    ]);
    expect(outcome.code).toBe(0);
    expect(warningLines(outcome).join()).toMatch(/a: 1 of 33 items .* are left out/);
  });
});
