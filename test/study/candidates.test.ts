/** Contexts and agents to make a study of: as they ship, and what is told of broken ones. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAgents, readCandidates } from '../../src/authors-files/read-candidates.js';
import { WeighbridgeError } from '../../src/errors.js';
import { contextFor } from '../../src/study/candidates.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const houseboat = {
  short_name: 'houseboat',
  question: 'Which houseboat would you prefer to live on?',
  attributes: [
    { name: 'hull length', units: 'metres', range: [12, 30] },
    { name: 'mooring fee', units: 'pesos a month', range: [150, 900] },
  ],
};
const [hull, fee] = houseboat.attributes;

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

async function complaint(reading: Promise<unknown>, code = 'bad-data'): Promise<string> {
  const error: unknown = await reading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WeighbridgeError);
  expect(error).toMatchObject({ code });
  const { message } = error as WeighbridgeError;
  expect(message).not.toContain('\n');
  return message;
}

describe('the contexts and agents that ship', () => {
  it('are whole, and no context is there twice', async () => {
    const candidates = await readCandidates(fixture('contexts.json'));
    const agents = await readAgents(fixture('agents.csv'));
    const names = candidates.map(({ short_name }) => short_name);
    expect(names.length).toBeGreaterThanOrEqual(200);
    expect(new Set(names).size).toBe(names.length);
    expect(candidates.every(({ attributes }) => attributes.length === 5)).toBe(true);
    expect(agents.length).toBeGreaterThanOrEqual(200);
    expect(new Set(agents).size).toBe(agents.length);
  });

  it('become the context in which the agent is asked', () => {
    const context = contextFor(
      { ...houseboat, attributes: [{ name: 'hull length', units: 'metres', range: [12, 30] }] },
      'a librarian in Montevideo',
    );
    expect(context).toEqual({
      name: 'houseboat',
      question:
        'Imagine you are a librarian in Montevideo. Which houseboat would you prefer to live on?',
      attributes: [{ name: 'hull length', min: 12, max: 30, units: 'metres' }],
    });
  });
});

describe('a file of contexts', () => {
  it('may begin with a byte-order mark', async () => {
    const path = await file('marked.json', `\uFEFF${JSON.stringify([houseboat])}`);
    expect(await readCandidates(path)).toEqual([houseboat]);
  });

  it('may be missing', async () => {
    const path = join(folder, 'nowhere.json');
    expect(await complaint(readCandidates(path), 'missing-file')).toBe(
      `${path} is missing: expected decision contexts as JSON`,
    );
  });

  it.each(['', '[{"short_name": "houseboat"', 'short_name,question'])(
    'is told where it is not JSON: %j',
    async (text) => {
      const path = await file('broken.json', text);
      expect(await complaint(readCandidates(path))).toMatch(/^broken\.json is not JSON: .+/);
    },
  );

  it.each([
    ['no name', { ...houseboat, short_name: '' }, '1.short_name'],
    ['no question', { ...houseboat, question: undefined }, '1.question'],
    ['a single attribute', { ...houseboat, attributes: [hull] }, '1.attributes'],
    ['a reversed range', withRange([30, 12]), '1.attributes.1.range'],
    ['a range of zero', withRange([30, 30]), '1.attributes.1.range'],
    ['a range that is no number', withRange(['12', 30]), '1.attributes.1.range.0'],
    ['half a range', withRange([12]), '1.attributes.1.range'],
    [
      'no units',
      { ...houseboat, attributes: [hull, { ...fee, units: 5 }] },
      '1.attributes.1.units',
    ],
    ['too many attributes', { ...houseboat, attributes: manyAttributes(21) }, '1.attributes'],
    ['a question of two lines', { ...houseboat, question: 'Which\none?' }, '1.question'],
    ['a name that a prompt could not hold', withName('fee: a month'), '1.attributes.1.name'],
    ...[
      ' houseboat',
      'boat\u00a0',
      '\u200b',
      '\u2003',
      'a\u0000b',
      'a\tb',
      'a\ud800',
      'a\ufffd',
      'a\u2028b',
    ].map((short_name): [string, object, string] => [
      `the name ${JSON.stringify(short_name)}`,
      { ...houseboat, short_name },
      '1.short_name',
    ]),
    ...['house\u200bboat', 'houseboat\u00ad'].map((short_name): [string, object, string] => [
      `a name that looks like another's: ${JSON.stringify(short_name)}`,
      { ...houseboat, short_name },
      '1.short_name',
    ]),
    ['a question with a control character', { ...houseboat, question: 'W\u0007?' }, '1.question'],
    [
      'units with a control character',
      { ...houseboat, attributes: [hull, { ...fee, units: 'a\u0000' }] },
      '1.attributes.1.units',
    ],
    ['an attribute with white space around it', withName('fee '), '1.attributes.1.name'],
    ['an attribute that looks like another', withName('hull  length'), '1.attributes.1.name'],
    ...[
      [-1e308, 1e308],
      [0, 1e308],
      [0, 5e-324],
      [1e-300, 2e-300],
      [1e15, 1e15 + 0.25],
      [1, 1 + 1e-15],
    ].map((range): [string, object, string] => [
      `the range ${JSON.stringify(range)}`,
      withRange(range),
      '1.attributes.1.range',
    ]),
    ['an attribute twice', withName('hull length'), '1.attributes.1.name'],
    ['the name of another', houseboat, '1.short_name'],
    [
      'another number of attributes',
      { ...houseboat, short_name: 'barge', attributes: manyAttributes(3) },
      '1.attributes',
    ],
  ])('is told the place where a context has %s', async (_what, broken, place) => {
    const path = await file('contexts.json', JSON.stringify([houseboat, broken]));
    const message = await complaint(readCandidates(path));
    expect(message.split(': ')[0]).toBe(`contexts.json, at ${place}`);
    expect(message).not.toContain('undefined:');
    expect(message).not.toMatch(/[\p{Cc}\p{Cs}]/u);
  });

  it('says which context or attribute is there twice, and how many attributes were expected', async () => {
    const path = await file('twice.json', JSON.stringify([houseboat, houseboat]));
    expect(await complaint(readCandidates(path))).toBe(
      "twice.json, at 1.short_name: 'houseboat' is there twice, first at 0 (context 'houseboat')",
    );
    const wider = { ...houseboat, short_name: 'barge', attributes: manyAttributes(3) };
    const uneven = await file('uneven.json', JSON.stringify([houseboat, wider]));
    expect(await complaint(readCandidates(uneven))).toBe(
      "uneven.json, at 1.attributes: 3 attributes, expected 2 as in the first context (context 'barge')",
    );
  });

  it('spells out names that only look the same', async () => {
    const other = (short_name: string) => ({ ...houseboat, short_name });
    const path = await file(
      'alike.json',
      JSON.stringify([other('caf\u00e9'), other('cafe\u0301')]),
    );
    expect(await complaint(readCandidates(path))).toMatch(
      'at 1.short_name: "cafe\\u0301" looks like "caf\\u00e9", at 0: expected names',
    );
  });

  it('in another encoding is refused with the line', async () => {
    const text = JSON.stringify([{ ...houseboat, question: 'Qu\u00e9 casa?' }], null, 1);
    const path = join(folder, 'latin1.json');
    await writeFile(path, Buffer.from(text, 'latin1'));
    expect(await complaint(readCandidates(path))).toBe(
      `${path}, line 4: not UTF-8, expected text in UTF-8: save it as UTF-8`,
    );
  });

  it('may leave out units, and may have twenty attributes', async () => {
    const attributes = manyAttributes(20);
    const path = await file('wide.json', JSON.stringify([{ ...houseboat, attributes }]));
    const [wide] = await readCandidates(path);
    expect(wide.attributes).toEqual(attributes.map((attribute) => ({ ...attribute, units: '' })));
  });

  it('is told where it is no list', async () => {
    const path = await file('object.json', JSON.stringify({ contexts: [] }));
    expect(await complaint(readCandidates(path))).toMatch(/^object\.json: .*array/);
  });

  it('says of a range what is wrong with it', async () => {
    const path = await file('contexts.json', JSON.stringify([withRange([30, 12])]));
    expect(await complaint(readCandidates(path))).toBe(
      "contexts.json, at 0.attributes.1.range: the maximum must be above the minimum (context 'houseboat')",
    );
  });
});

describe('a file of agents', () => {
  it('has one a line under its header, quoted or not', async () => {
    const path = await file('agents.csv', 'role\na librarian\n"Ada, the ""poet"""\n\na smith\n');
    expect(await readAgents(path)).toEqual(['a librarian', 'Ada, the "poet"', 'a smith']);
  });

  it('is told the row of an agent with a line break, which no prompt could hold', async () => {
    const path = await file('agents.csv', 'role\na librarian\n"Ada,\nthe poet"\n');
    expect(await complaint(readAgents(path))).toBe(
      'agents.csv, row 3: a line break in "Ada,\\nthe poet", expected an agent on one line',
    );
  });

  it.each(['a\u0000b', 'a\tb', 'a\u001b[31m', 'a\ufffd'])(
    'is told the row of %j',
    async (agent) => {
      const path = await file('agents.csv', `role\na librarian\n${agent}\n`);
      expect(await complaint(readAgents(path))).toMatch(
        /^agents\.csv, row 3: the agent 'a.* holds /,
      );
    },
  );

  it('in another encoding is refused with the line', async () => {
    const path = join(folder, 'agents.csv');
    await writeFile(path, Buffer.from('role\na librarian\na caf\u00e9 owner\n', 'latin1'));
    expect(await complaint(readAgents(path))).toMatch(/agents\.csv, line 3: not UTF-8/);
  });

  it('is told where its header is missing', async () => {
    const path = await file('agents.csv', 'a librarian\na smith\n');
    expect(await complaint(readAgents(path))).toBe(
      'agents.csv, row 1: column role is missing; the header has a librarian',
    );
  });
});

function withName(name: string) {
  return { ...houseboat, attributes: [hull, { ...fee, name }] };
}

function manyAttributes(count: number) {
  return Array.from({ length: count }, (_, i) => ({ name: `size ${i}`, range: [0, 1] }));
}

function withRange(range: readonly unknown[]) {
  return { ...houseboat, attributes: [hull, { ...fee, range }] };
}
