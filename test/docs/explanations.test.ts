/** docs/explanations.md: its table is read, and gives the intervals that the page shows. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { itemColumns } from '../../src/analysis/explanations/read-items.js';
import { fixturePath } from '../../src/package-info.js';
import { inProcess } from '../e2e/in-process.js';
import { checkout } from '../e2e/support.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const page = await readFile(join(checkout, 'docs/explanations.md'), 'utf8');
const [, table = ''] = /```csv\n([\s\S]*?)```/.exec(page) ?? [];
const command =
  page.split('\n').find((line) => line.startsWith('weighbridge explain import')) ?? '';

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
  await writeFile(join(folder, 'answers.csv'), table);
});
afterAll(() => remove());

/** Rows of the page's table of intervals, or of the terminal's: label, mean and HDI. */
function intervalsOf(text: string, label: string): string[] {
  const line = text.split('\n').find((one) => one.slice(1).trim().startsWith(label)) ?? '';
  return line
    .split(/[|│]/)
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '');
}

test('its example gives the intervals that it shows', async () => {
  const words = command.split(' ').slice(1);
  const files = words.map((word) => (/\.(csv|json)$/.test(word) ? join(folder, word) : word));
  const { code, stdout } = await inProcess(files);
  expect(code).toBe(0);
  for (const label of ['self − other', 'vector: self − self without it']) {
    expect(intervalsOf(stdout, label)).toEqual(intervalsOf(page, label));
    expect(intervalsOf(page, label)).toHaveLength(4);
  }
});

test('it names every column', () => {
  for (const name of itemColumns) expect(page).toMatch(new RegExp(`^\\|.*\`${name}\``, 'm'));
});

/** The rows of the page's tables of the shipped study, by their first cells. */
function shippedRows(): Map<string, string[]> {
  const [, found = ''] = /### What was found\n([\s\S]*?)### The result folder/.exec(page) ?? [];
  const rows = found
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return new Map(rows.map(([label = '', ...cells]) => [label, cells]));
}

const shown = (value: number) =>
  value
    .toFixed(3)
    .replace(/^-(?=0\.000$)/, '')
    .replace('-', '−');
const cell = (told: { mean: number; hdi: number[] } | null) =>
  told === null ? '' : `${shown(told.mean)} [${told.hdi.map(shown).join(', ')}]`;

test('its figures of the shipped study are those of the shipped result', async () => {
  const { tasks } = JSON.parse(await readFile(fixturePath('explanations/result.json'), 'utf8'));
  const rows = shippedRows();
  const names = ['ablation', 'patching', 'features'];
  const contrasts = {
    'self − sibling': 'self_minus_other',
    'what the vector adds': 'vector',
    'aligned: sibling with a ridge map − sibling': 'aligned',
    'self − sibling, aligned': 'self_minus_aligned',
  };
  for (const [label, key] of Object.entries(contrasts)) {
    expect(rows.get(label)).toEqual(names.map((name) => cell(tasks[name][key])));
  }
  for (const [i, name] of names.entries()) {
    for (const [explainer, { accuracy, hdi }] of Object.entries<{
      accuracy: number;
      hdi: number[];
    }>(tasks[name].explainers)) {
      expect(rows.get(explainer)?.[i], `${explainer}, ${name}`).toBe(cell({ mean: accuracy, hdi }));
    }
  }
});
