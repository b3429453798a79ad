import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TableColumn, TableRow } from '../../src/data-files/table-rows.js';
import { readAnswersResult } from '../../src/result/read-answers.js';
import type { Section } from '../../src/result/sections.js';
import { writeAnswersData } from '../../src/result/write-answers.js';
import { sealFolder, storedSections } from '../../src/result/write-sections.js';
import { answersFacts, sectionOf, smallSections } from '../support/small-answers.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weighbridge-answers-'));
});
afterEach(() => rm(folder, { recursive: true }));

const columns: readonly TableColumn[] = [
  { name: 'study', kind: 'text' },
  { name: '__proto__', kind: 'text' },
  { name: 'value', kind: 'number' },
  { name: 'valid', kind: 'boolean' },
];

const anyRow: fc.Arbitrary<TableRow> = fc.tuple<TableRow[number][]>(
  fc.string({ unit: 'binary' }),
  fc.option(fc.string({ unit: 'grapheme' })),
  fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0)),
  fc.boolean(),
);

async function write(sections: readonly Section[], rows: readonly TableRow[]) {
  const document = await writeAnswersData(folder, answersFacts, sections, { columns, rows });
  await sealFolder(folder, document);
}

describe('the result of a described study', () => {
  test('comes back as it was written: rows, sections and draws', async () => {
    const runs = fc.asyncProperty(
      fc.array(anyRow, { maxLength: 5 }),
      fc.array(fc.array(fc.double(), { minLength: 1, maxLength: 4 }), { maxLength: 3 }),
      async (rows, values) => {
        const sections = values.map((draws, i) => sectionOf(`fit ${i}`, draws));
        await write(sections, rows);
        const read = await readAnswersResult(folder);
        try {
          expect(await read.answers()).toEqual(rows.map((row) => row.map((x) => x)));
          expect(read.result.rows).toBe(rows.length);
          const stored = JSON.parse(JSON.stringify(storedSections(sections)));
          expect(JSON.parse(JSON.stringify(read.result.sections))).toEqual(stored);
          for (const [i, { fits }] of read.result.sections.entries()) {
            expect(await read.draws(fits[0])).toEqual(Float64Array.from(values[i]));
          }
        } finally {
          await read.close();
        }
      },
    );
    await fc.assert(runs, { seed: 14, numRuns: 25 });
  });

  test('is complete only with result.json, which a second writing replaces last', async () => {
    await writeAnswersData(folder, answersFacts, smallSections, { columns, rows: [] });
    await expect(readAnswersResult(folder)).rejects.toMatchObject({ code: 'wrong-format' });
    await write(smallSections, [['s', null, 1, true]]);
    await write([], []);
    const read = await readAnswersResult(folder);
    expect(read.result.sections).toEqual([]);
    await read.close();
    expect((await readdir(folder)).sort()).toEqual(['answers.jsonl', 'draws.f64', 'result.json']);
  });

  test("does not replace another program's result.json", async () => {
    await writeFile(join(folder, 'result.json'), '{}');
    await expect(write([], [])).rejects.toMatchObject({ code: 'bad-argument' });
    expect(await readFile(join(folder, 'result.json'), 'utf8')).toBe('{}');
  });

  test.each(['answers.jsonl', 'draws.f64', 'result.json'])(
    'is damaged by half of %s',
    async (name) => {
      await write([sectionOf('fit', [1, 2, 3])], [['s', null, 1, true]]);
      const { length } = await readFile(join(folder, name));
      await truncate(join(folder, name), Math.floor(length / 2));
      await expect(readAnswersResult(folder)).rejects.toMatchObject({
        code: 'damaged',
        message: expect.stringContaining(name),
      });
    },
  );

  test('is damaged by a row without a column', async () => {
    await write([], [['s', null, 1, true]]);
    const path = join(folder, 'answers.jsonl');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"valid"', '"vxlid"'));
    const read = await readAnswersResult(folder);
    await expect(read.answers()).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('line 1 has no usable valid'),
    });
    await read.close();
  });
});
