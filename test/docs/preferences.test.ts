/** docs/preferences.md: its command on a table of wins prints the ranks that the page shows. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { inProcess } from '../e2e/in-process.js';
import { checkout } from '../e2e/support.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const page = readFileSync(join(checkout, 'docs/preferences.md'), 'utf8');
const [script = ''] = page.match(/(?<=```sh\n)[\s\S]*?(?=```)/) ?? [];
const [shown = ''] = page.match(/(?<=```text\n)[\s\S]*?(?=```)/) ?? [];
const { folder, remove } = await temporaryFolder();
afterAll(remove);

it('one command ranks the competitors of a table of winners and losers', async () => {
  const [, table = ''] = /<<'END'\n([\s\S]*?)END\n/.exec(script) ?? [];
  const [, formula = '', rest = ''] = /fit wins.csv '(.*)' (.*)/.exec(script) ?? [];
  const file = join(folder, 'wins.csv');
  await writeFile(file, table);
  const { code, stdout } = await inProcess(['fit', file, formula, ...rest.split(' ')]);
  expect(code).toBe(0);
  const label = (line: string) => line.split(/\s+/)[0];
  const ranks = stdout.slice(stdout.indexOf('Ranks of')).trim().split('\n');
  const expected = shown.trim().split('\n');
  expect(ranks.slice(0, 1)).toEqual(expected.slice(0, 1));
  expect(ranks.map(label)).toEqual(expected.map(label));
  // Digits may differ in another engine: P(best) has a Monte Carlo error of .007.
  const best = (lines: readonly string[]) => Number(lines[2]?.trim().split(/\s+/)[1]);
  expect(Math.abs(best(ranks) - best(expected))).toBeLessThan(0.03);
});
