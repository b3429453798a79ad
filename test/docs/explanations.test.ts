/** docs/explanations.md: its table is read, and gives the intervals that the page shows. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { itemColumns } from '../../src/analysis/explanations/read-items.js';
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
