/** docs/results.md: its analysis runs, and its columns and words are those of the code. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { TableCell } from '../../src/data-files/table-rows.js';
import { analyseAnswers } from '../../src/packs/analyses.js';
import {
  columnsBefore,
  columnsOfAnswer,
  columnsOfCost,
  columnsOfTrial,
} from '../../src/packs/described/columns.js';
import { analysisSchema } from '../../src/packs/described/configuration.js';
import { resultSchema } from '../../src/result/format.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/results.md', import.meta.url)), 'utf8');

/** The first cells of a table under a heading, without their marks. */
function firstCells(heading: string): string[] {
  const [, text = ''] = page.split(`## ${heading}\n`);
  const [table = ''] = /(?:^\|.*\n)+/m.exec(text) ?? [];
  const lines = table.split('\n').slice(2);
  return lines.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

describe('docs/results.md', () => {
  test('has an analysis that runs', async () => {
    const [, block = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const { analysis } = parse(block);
    const entries = analysis.map((entry: unknown) => analysisSchema.parse(entry));
    const names = ['stage', 'task', 'item', 'quality', 'model', 'value', 'valid'];
    const columns = new Map(names.map((name): [string, TableCell[]] => [name, []]));
    for (let i = 0; i < 60; i++) {
      const row = ['ratings', 'rate', `i${i % 10}`, i % 5 ? 'good' : 'bad', i % 2 ? 'a' : 'b'];
      for (const [k, cell] of [...row, (i * i * 7) % 11, true].entries()) {
        columns.get(names[k] ?? '')?.push(cell);
      }
    }
    const sections = await analyseAnswers(columns, entries, { chains: 1, warmup: 200, draws: 100 });
    expect(sections.map(({ title }) => title)).toEqual(['Do the judges differ?']);
    expect(sections[0]?.intervals.map(({ label }) => label)).toEqual(['a', 'b', 'a - b']);
    expect(sections[0]?.notes[0]).toBe('Rows: 48 of 48 answers of ratings with quality good.');
  });

  test('has every column of the table of answers, in its order', () => {
    const own = firstCells('The table of answers').filter(
      (name) => !['value_KEY', 'logprob_LABEL'].includes(name),
    );
    expect(own).toEqual([
      ...columnsBefore,
      ...columnsOfTrial,
      ...columnsOfAnswer,
      ...columnsOfCost,
    ]);
  });

  test('explains every word of the column agreement', () => {
    const { agreement } = resultSchema.shape.figures.element.shape;
    expect(firstCells("The paper's figures")).toEqual(agreement.options);
  });
});
