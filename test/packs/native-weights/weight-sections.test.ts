import { describe, expect, it } from 'vitest';
import type { TableCell } from '../../../src/data-files/table-rows.js';
import { weightSections } from '../../../src/packs/native-weights/weight-sections.js';
import { randomStream } from '../../../src/random/stream.js';
import type { Section } from '../../../src/result/sections.js';

const CONTEXTS = 16;
const CHOICES = 40;
const REPORTS = 3;
const PLACES = 5;

interface Simulated {
  readonly name: string;
  /** Correlation of its reports with its own weights. */
  readonly knows: number;
}

/**
 * A table of answers. Weights of all models share half their variance; a model's reports know of its own
 * weights what `knows` says, and of another's only what the models share.
 */
function table(models: readonly Simulated[], seed: string) {
  const random = randomStream(seed);
  const rows: Record<string, TableCell>[] = [];
  const numbered = (name: string, values: readonly number[]) =>
    Object.fromEntries(values.map((value, i) => [`${name}_${i + 1}`, value]));
  const normals = () => Array.from({ length: PLACES }, () => random.normal());
  for (let c = 1; c <= CONTEXTS; c++) {
    const context = `context_${c}`;
    const common = normals();
    for (const { name, knows } of models) {
      const weights = common.map((shared) => Math.SQRT1_2 * (shared + random.normal()));
      const believed = weights.map((w) => knows * w + Math.sqrt(1 - knows ** 2) * random.normal());
      for (let i = 0; i < CHOICES; i++) {
        const d = Array.from({ length: PLACES }, () => random.uniform() - random.uniform());
        const utility = d.reduce((sum, value, k) => sum + value * (weights[k] ?? 0), 0);
        rows.push({
          ...{ stage: 'choices', model: name, after: null, context, ...numbered('d', d) },
          ...{ value: utility > 0 ? 'A' : 'B', valid: true },
        });
      }
      for (let i = 0; i < REPORTS; i++) {
        const report = believed.map((value) => Math.round(30 * (value + 0.1 * random.normal())));
        rows.push({
          ...{ stage: 'reports', model: name, after: null, context, valid: true },
          ...numbered('value', report),
        });
      }
    }
  }
  return columnsOf(rows);
}

function columnsOf(rows: readonly Readonly<Record<string, TableCell>>[]) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return new Map(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
}

const settings = { analysis: 'weights', choices: 'choices', reports: 'reports' };
const quick = { chains: 2, warmup: 200, draws: 300, seed: 3 };

function intervalsOf(sections: readonly Section[], group: string) {
  return new Map(
    sections
      .flatMap(({ intervals }) => intervals)
      .filter((one) => one.group === group)
      .map((one) => [one.label, one]),
  );
}

describe('weights and reports of three models', async () => {
  const models = [
    { name: 'knows', knows: 0.9 },
    { name: 'guesses', knows: 0.3 },
    { name: 'unaware', knows: 0 },
  ];
  const columns = table(models, 'three models');
  const sections = await weightSections(columns, settings, quick);

  it.each(models)('the HDI of each correlation holds the true one: $name', ({ name, knows }) => {
    const found = intervalsOf(sections, 'correlation of reports with native weights').get(name);
    expect(found?.lower).toBeLessThan(knows);
    expect(found?.upper).toBeGreaterThan(knows - 0.05);
    expect((found?.upper ?? 0) - (found?.lower ?? 0)).toBeLessThan(0.6);
  });

  it('tell the model that describes its weights best', () => {
    const differences = intervalsOf(sections, 'difference between correlations');
    expect([...differences.keys()]).toEqual([
      'knows − guesses',
      'knows − unaware',
      'guesses − unaware',
    ]);
    expect(differences.get('knows − unaware')).toMatchObject({ reference: 0, above: 1 });
    expect(differences.get('knows − unaware')?.lower).toBeGreaterThan(0.4);
  });

  it('tell reports that know the model from baselines that know the question', () => {
    const self = intervalsOf(sections, 'own reports minus a baseline, knows');
    expect([...self.keys()]).toEqual([
      'own reports − reports of guesses',
      'own reports − reports of unaware',
      'own reports − mean reports of the others',
      'own reports − mean native weights of the others',
      'own reports − mean report at the same place',
    ]);
    for (const [, { lower }] of self) expect(lower).toBeGreaterThan(0);
    const unaware = intervalsOf(sections, 'own reports minus a baseline, unaware');
    // What the models share is worth more than reports that know nothing.
    expect(unaware.get('own reports − mean native weights of the others')?.upper).toBeLessThan(0);
    const averaged = intervalsOf(sections, 'difference between mean correlations');
    // Own: (0.9 + 0.3 + 0) / 3; another's: half of it.
    expect(averaged.get('own − another’s')?.lower).toBeLessThan(0.2);
    expect(averaged.get('own − another’s')?.upper).toBeGreaterThan(0.17);
    expect(averaged.get('own − another’s')?.lower).toBeGreaterThan(0);
  });

  it('come with counts, and with the fits of their correlations', () => {
    const [counts] = sections[0]?.tables ?? [];
    expect(counts?.rows.map((row) => [row[0], row[1], row[2], row[5]])).toEqual(
      models.map(({ name }) => [name, CONTEXTS, CONTEXTS * CHOICES, CONTEXTS * REPORTS]),
    );
    for (const row of counts?.rows ?? []) expect(row[4]).toBeGreaterThan(85);
    expect(sections.flatMap(({ fits }) => fits.map(({ name }) => name))).toEqual(
      models.map(({ name }) => `weights of ${name} on its reports`),
    );
    const notes = sections.flatMap((section) => section.notes).join(' ');
    expect(notes).not.toMatch(/effect of introspection/i);
  });
});

it('a model with few valid reports takes no contexts from the others', async () => {
  const models = ['one', 'two', 'silent'].map((name) => ({ name, knows: 0.7 }));
  const columns = new Map(table(models, 'silent'));
  const cells = (name: string) => columns.get(name) ?? [];
  const rows = cells('valid').keys();
  columns.set(
    'valid',
    [...rows].map(
      (row) =>
        cells('model')[row] !== 'silent' ||
        cells('stage')[row] === 'choices' ||
        ['context_1', 'context_2'].includes(String(cells('context')[row])),
    ),
  );
  const sections = await weightSections(columns, settings, quick);
  const notes = sections.flatMap((section) => section.notes);
  const leftOut = 'Left out, as fewer than half of the contexts have them';
  expect(notes).toContain(`${leftOut}: silent.`);
  expect(notes).toContain(`${leftOut}: reports of silent.`);
  expect(notes.join(' ')).toContain(`In the ${CONTEXTS} contexts with weights and reports`);
  expect([...intervalsOf(sections, 'own reports minus a baseline, one').keys()]).toEqual([
    'own reports − reports of two',
    'own reports − mean native weights of the others',
    'own reports − mean report at the same place',
  ]);
});

describe('answers that do not fill the analysis', () => {
  const columns = table([{ name: 'only', knows: 0.8 }], 'one model');

  it('of one model alone still have the baseline that needs no other', async () => {
    const sections = await weightSections(columns, { ...settings, title: 'Mine' }, quick);
    expect(sections.map(({ title }) => title)).toEqual([
      'Mine: Choices and native weights',
      'Mine: How well reports describe the weights',
      'Mine: Against baselines',
    ]);
    expect([...intervalsOf(sections, 'own reports minus a baseline, only').keys()]).toEqual([
      'own reports − mean report at the same place',
    ]);
  });

  it('without a valid report are said to be so', async () => {
    const invalid = new Map(columns);
    const stages = columns.get('stage') ?? [];
    invalid.set(
      'valid',
      stages.map((stage) => stage === 'choices'),
    );
    const sections = await weightSections(invalid, settings, quick);
    expect(sections.flatMap(({ notes }) => notes)).toContain(
      'only is left out: it has no valid reports that differ.',
    );
  });

  it('name the column, the stage, or the option that is missing', async () => {
    const without = new Map([...columns].filter(([name]) => !name.startsWith('d_')));
    await expect(weightSections(without, settings)).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining('d_1, d_2, … of its choices, which choices does not have'),
    });
    await expect(weightSections(columns, { ...settings, option_a: 'first' })).rejects.toMatchObject(
      {
        code: 'bad-argument',
        message: expect.stringContaining("'first' is A: those of choices are A, B; option_a"),
      },
    );
  });
});
