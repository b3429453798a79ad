/** The column of probabilities in a file of choices: written where there are any, read as it comes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import Papa from 'papaparse';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStudy } from '../../src/authors-files/read-study.js';
import { choicesCsv } from '../../src/authors-files/write-study.js';
import type { Choice } from '../../src/study/context.js';
import { withProbabilities } from '../support/probabilities.js';
import { GPT_4O, type SmallStudy, smallStudy } from '../support/small-study.js';

const CHOICES = `${GPT_4O}_instilled_selections.csv`;

let study: SmallStudy;
beforeEach(async () => {
  study = await smallStudy({ contexts: 2, models: [GPT_4O] });
});
afterEach(() => study.remove());

/** The study's choices after a probability is put beside each row. */
async function readWith(cellOf: (choseA: boolean, row: number) => string) {
  await study.edit(CHOICES, withProbabilities(cellOf));
  const { models, warnings } = await readStudy(study.folder);
  return { choices: models[0].instilledChoices, warnings };
}

describe('a file of choices', () => {
  const choice: Choice = { context: 'boat', choseA: true, a: [1, 2], b: [3, 4] };

  it('has the column last, and only where a choice has a probability', () => {
    const row = { ...choice, model: 'm' };
    expect(choicesCsv([row], 2)).toBe(
      'model,scenario,selection,A_attribute_1,A_attribute_2,B_attribute_1,B_attribute_2\nm,boat,A,1.0,2.0,3.0,4.0\n',
    );
    expect(choicesCsv([], 2)).not.toContain('probability');
    const [header, ...rows] = choicesCsv([row, { ...row, probabilityA: 0.25 }], 2)
      .trim()
      .split('\n');
    expect(header).toMatch(/,B_attribute_2,probability_A$/);
    expect(rows).toEqual(['m,boat,A,1.0,2.0,3.0,4.0,', 'm,boat,A,1.0,2.0,3.0,4.0,0.25']);
  });

  it('gives back every probability that was written', async () => {
    const { models } = await readStudy(study.folder);
    const made = models[0].instilledChoices;
    const probability = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
    const column = fc.array(probability, { minLength: made.length, maxLength: made.length });
    await fc.assert(
      fc.asyncProperty(column, async (probabilities) => {
        const written = made.map((one, i): Choice => {
          const probabilityA = probabilities[i];
          return probabilityA === undefined ? one : { ...one, probabilityA: probabilityA + 0 };
        });
        const text = choicesCsv(
          written.map((one) => ({ ...one, model: 'm' })),
          5,
        );
        await study.edit(CHOICES, () => text);
        const { models: again } = await readStudy(study.folder);
        expect(again[0].instilledChoices).toEqual(written);
      }),
      { seed: 2025, numRuns: 20 },
    );
  });

  it('may lack the column, and any of its cells', async () => {
    const before = await readStudy(study.folder);
    expect(before.models[0].instilledChoices.some((one) => 'probabilityA' in one)).toBe(false);
    const { choices, warnings } = await readWith((choseA, row) =>
      row < 2 ? '' : choseA ? '0.75' : '1e-3',
    );
    expect(choices.map(({ probabilityA: _, ...rest }) => rest)).toEqual(
      before.models[0].instilledChoices,
    );
    expect(choices.map(({ probabilityA }) => probabilityA)).toEqual(
      choices.map(({ choseA }, row) => (row < 2 ? undefined : choseA ? 0.75 : 0.001)),
    );
    expect(warnings).toEqual([
      `${CHOICES}: 2 of 100 choices have no probability_A: weighed by probability, they count as made`,
    ]);
  });

  it('may have nothing but empty cells, which is as if it lacked the column', async () => {
    const { choices, warnings } = await readWith(() => '');
    expect(choices.some((one) => 'probabilityA' in one)).toBe(false);
    expect(warnings).toEqual([]);
  });

  it.each(['1.01', '-0.01', 'high', 'NaN', 'Infinity', '50%'])(
    'is refused with its place where a probability is %j',
    async (found) => {
      await expect(
        readWith((choseA, row) => (row === 3 ? found : choseA ? '1' : '0')),
      ).rejects.toMatchObject({
        code: 'bad-data',
        message: `${CHOICES}, row 5, column probability_A: found '${found}', expected a probability from 0 to 1, or nothing`,
      });
    },
  );

  it('whose probabilities are those of B is told so', async () => {
    const { warnings } = await readWith((choseA) => (choseA ? '0.1' : '0.9'));
    expect(warnings).toEqual([
      `${CHOICES}: 100 of 100 choices went to the option that probability_A calls the less probable one: does it hold the probability of B?`,
    ]);
  });

  it('is the authors’ file where the new column is cut off', async () => {
    const before = await readFile(join(study.folder, CHOICES), 'utf8');
    const { choices } = await readWith((choseA) => (choseA ? '0.9' : '0.2'));
    const [first] = Papa.parse<string[]>(before).data.slice(1);
    const text = choicesCsv(
      choices.map((one) => ({ ...one, model: first[0] })),
      5,
    );
    expect(text.replace(/,[^,\n]*$/gm, '')).toBe(before);
  });
});
