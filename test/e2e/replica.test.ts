/** The replica that ships is what the command writes, byte for byte. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDeep } from '../support/deep.js';
import { replicaFolder } from '../support/small-study.js';
import { errorLines, type Outcome, STACK_LINE, weighbridge } from './support.js';

let parent = '';
let outcomes: Outcome[] = [];
const folder = (name: string) => join(parent, name);

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'weighbridge-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

/** The files of a folder as bytes by name. */
async function bytesOf(at: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(at)).sort();
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, Buffer]> => [name, await readFile(join(at, name))]),
    ),
  );
}

async function expectSameFiles(one: string, other: string): Promise<void> {
  const [left, right] = await Promise.all([bytesOf(one), bytesOf(other)]);
  expect([...left.keys()]).toEqual([...right.keys()]);
  const differing = [...left].filter(([name, bytes]) => !right.get(name)?.equals(bytes));
  expect(differing.map(([name]) => name)).toEqual([]);
}

// A replica takes ten seconds.
describe.runIf(isDeep)('weighbridge replica', () => {
  beforeAll(async () => {
    outcomes = await Promise.all([
      weighbridge(['replica', folder('first')]),
      weighbridge(['replica', folder('deep/er/second'), '--seed', '17']),
      weighbridge(['replica', folder('other'), '--seed', '18']),
    ]);
  });

  it('says how many files of simulated data it wrote, and where', () => {
    expect(outcomes.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      outcomes.map(() => ({ code: 0, stderr: '' })),
    );
    expect(outcomes[0].stdout).toBe(`19 files of simulated data written to ${folder('first')}\n`);
  });

  it('writes the files that ship, byte for byte', async () => {
    expect((await bytesOf(replicaFolder)).size).toBe(19);
    await expectSameFiles(folder('first'), replicaFolder);
  });

  it('writes the same bytes again, into a folder that it makes', async () => {
    await expectSameFiles(folder('deep/er/second'), folder('first'));
  });

  it('writes other data from another seed, under the same names', async () => {
    const [first, other] = await Promise.all([bytesOf(folder('first')), bytesOf(folder('other'))]);
    expect([...other.keys()]).toEqual([...first.keys()]);
    const same = [...first].filter(([name, bytes]) => other.get(name)?.equals(bytes));
    expect(same.map(([name]) => name)).toEqual([]);
    expect(JSON.parse(String(other.get('provenance.json')))).toMatchObject({
      simulated: true,
      seed: 18,
    });
  });
});

describe('weighbridge replica that cannot be written', () => {
  it('says in one line that the folder is a file, which stays as it was', async () => {
    const file = folder('taken');
    await writeFile(file, 'here already');
    const outcome = await weighbridge(['replica', file]);
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe('');
    expect(errorLines(outcome)).toHaveLength(1);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(outcome.stderr).toContain(file);
    expect(outcome.stderr).not.toMatch(STACK_LINE);
    expect(await readFile(file, 'utf8')).toBe('here already');
  });

  it.each([[[]], [['one', 'two']], [['one', '--seed', '-1']]])(
    'says in one line what is wrong with the arguments %j',
    async (args) => {
      const outcome = await weighbridge(['replica', ...args]);
      expect(outcome.code).toBe(2);
      expect(errorLines(outcome)).toHaveLength(1);
      expect(outcome.stderr).not.toMatch(STACK_LINE);
    },
  );
});
