/** docs/own-study.md: the study that it shows is short, runs as it stands there, and gives its table. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfiguration } from '../../src/packs/configuration/read-configuration.js';
import { readDesign } from '../../src/packs/read-design.js';
import { type SimulatedServer, startSimulatedServer } from '../../src/simulation/server/server.js';
import { inProcess } from '../e2e/in-process.js';
import { checkout, errorLines, SHORT } from '../e2e/support.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { columnDifference, columnsIn, none } from './documented-layout.js';

const page = await readFile(join(checkout, 'docs/own-study.md'), 'utf8');
const shown = (language: string) =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';
const configuration = shown('yaml');
const items = shown('csv');
const commands = page.split('\n').filter((line) => line.startsWith('weighbridge '));

let server: SimulatedServer;
let folder: string;
let remove: () => Promise<void>;
const at = (...parts: string[]) => join(folder, ...parts);
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
  await write('hotels', configuration, items);
  const design = await readDesign(await readConfiguration(at('hotels')), at('hotels'));
  if (design.kind !== 'described') throw new Error('the study is not a described one');
  server = await startSimulatedServer({ studies: [design] });
  await write('hotels', configuration.replace(/http:\S+/, server.url), items);
});
afterAll(async () => {
  await server.close();
  await remove();
});

async function write(study: string, yaml: string, csv: string): Promise<void> {
  await mkdir(at(study), { recursive: true });
  await writeFile(at(study, 'study.yaml'), yaml);
  await writeFile(at(study, 'hotels.csv'), csv);
}

/** Runs a command of the page in the temporary folder. */
function type(line: string, ...more: string[]) {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain = '']) => quoted ?? plain,
  );
  const places = ['hotels', 'hotels-result', 'answers.csv'];
  return inProcess([
    ...words.slice(1).map((word) => (places.includes(word) ? at(word) : word)),
    ...more,
  ]);
}
const command = (part: string) => commands.find((line) => line.includes(part)) ?? '';

test('it has less than 40 lines', () => {
  expect(configuration.trim().split('\n').length).toBeLessThan(40);
});

test('it runs on the simulated server, to a table that fit reads', async () => {
  const plan = await type(command('--dry-run'));
  expect(plan).toMatchObject({ code: 0 });
  expect(plan.stdout).toMatch(/A hotel room costs \d+ euros a night/);
  expect(plan.stdout).toMatch(/in all +│ +120 /);
  expect(await type('weighbridge study run hotels', '--quiet')).toMatchObject({ code: 0 });
  expect(await type(command('study export'))).toMatchObject({ code: 0 });
  const table = await readFile(at('answers.csv'), 'utf8');
  expect(table.trim().split('\n')).toHaveLength(1 + 12 * 5 * 2);
  const fields = ['price', 'distance', 'stars'];
  const columns = columnsIn(table).filter((name) => !fields.includes(name));
  expect(columnDifference('`answers.csv`', columns)).toEqual(none);
  const analysed = await type(command('study analyse'), ...SHORT);
  expect(analysed).toMatchObject({ code: 0 });
  expect(analysed.stdout).toMatch(
    /^What counts$[\s\S]*b_distance[\s\S]*^Does the wording matter\?$/m,
  );
  expect(analysed.stdout).toMatch(/advice - wish/);
  for (const file of await readdir(at('hotels-result', 'csv'))) {
    if (file === 'answers.csv') continue;
    const section = `\`csv/${file}\`${file === 'convergence.csv' ? ' of a described study' : ''}`;
    const found = columnsIn(await readFile(at('hotels-result', 'csv', file), 'utf8'));
    expect(columnDifference(section, found), file).toEqual(none);
  }
  const fitted = await type(command('weighbridge fit'), ...SHORT);
  expect(fitted).toMatchObject({ code: 0 });
  expect(fitted.stdout).toMatch(/^taskwish:price|^price/m);
});

test('a mistake is told in one line with its place, and nothing is written', async () => {
  const mistakes: [string, string, RegExp][] = [
    [
      '{{ price }}',
      '{{ prize }}',
      /^error: study\.yaml, line \d+: .*'prize'.*did you mean 'price'/,
    ],
    ['to: 7', 'to: 0', /^error: study\.yaml, line \d+: .*expected from below to/],
    [
      'study: hotels',
      'study: hotels\npack: juge',
      /^error: study\.yaml, line 2: .*'juge'.*'judge'/,
    ],
    [
      'distance + stars',
      'distanz + stars',
      /^error: study\.yaml, line \d+: .*'distanz'.*'distance'/,
    ],
    ['bella,', 'ada,', /^error: hotels\.csv, row 3: the id 'ada' is there twice/],
    ['85,1.2,2', '85,1.2', /^error: hotels\.csv, row 3: 3 cells, expected 4/],
  ];
  for (const [found, replaced, message] of mistakes) {
    await write('bad', configuration.replace(found, replaced), items.replace(found, replaced));
    const told = await inProcess(['study', 'run', at('bad')]);
    expect(told.code).toBe(2);
    expect(errorLines(told)).toEqual([expect.stringMatching(message)]);
    await expect(readFile(at('bad', 'record.sqlite'))).rejects.toThrow('ENOENT');
  }
});
