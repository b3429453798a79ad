import { describe, expect, test } from 'vitest';
import type { TableCell } from '../../src/data-files/table-rows.js';
import { randomStream } from '../../src/random/stream.js';
import type { Section } from '../../src/result/sections.js';
import { storedSections } from '../../src/result/write-sections.js';
import { analyseTable, type TableAnalysis } from '../../src/table-analysis/analyse-table.js';

const sampling = { chains: 2, warmup: 300, draws: 400, seed: 14 };
const models = ['one', 'two', 'three'];
const effects = [3, 4, 6];
const ITEMS = 30;

/** Grades of 30 items by three judges, two times each; every tenth answer is invalid. */
function ratings(): Map<string, TableCell[]> {
  const stream = randomStream('ratings');
  const names = ['stage', 'task', 'item', 'model', 'repeat', 'value', 'choice', 'valid', 'reason'];
  const columns = new Map(names.map((name): [string, TableCell[]] => [name, []]));
  const items = Array.from({ length: ITEMS }, () => stream.normal());
  let count = 0;
  for (const [m, model] of models.entries()) {
    for (const [i, item] of items.entries()) {
      for (let repeat = 1; repeat <= 2; repeat++) {
        const valid = ++count % 10 !== 0;
        const grade = (effects[m] ?? 0) + item + 0.5 * stream.normal();
        const row = ['ratings', 'rate', `i${i}`, model, repeat, grade, grade > 4.5 ? 'yes' : 'no'];
        const cells = [...row, valid, valid ? null : i % 2 ? 'empty' : 'no-number'];
        if (!valid) cells[5] = cells[6] = null;
        names.forEach((name, k) => {
          columns.get(name)?.push(cells[k] ?? null);
        });
      }
    }
  }
  return columns;
}

const table = ratings();
const analyse = async (analysis: TableAnalysis): Promise<Section> => {
  const [section] = await analyseTable(table, [analysis], {
    ...sampling,
    ordinalTasks: new Set(['rate']),
  });
  if (!section) throw new Error('no section');
  return section;
};

describe('a regression over the table of answers', () => {
  test('takes grades for ordered categories if the family does, and compares expected grades', async () => {
    const graded = new Map(table);
    graded.set(
      'value',
      (table.get('value') ?? []).map((grade) =>
        typeof grade === 'number' ? Math.min(7, Math.max(1, Math.round(grade))) : grade,
      ),
    );
    const analysis = {
      formula: 'value ~ model + (1 | item)',
      family: 'cumulative',
      prior: { b: 'normal(0, 3)' },
      compare: 'model',
    };
    const options = { ...sampling, ordinalTasks: new Set(['rate']) };
    const [section] = await analyseTable(graded, [analysis], options);
    if (!section) throw new Error('no section');
    expect(section.notes.join('\n')).not.toContain('treated as numbers');
    const expected = models.map((model) => {
      const found = section.intervals.find(({ label }) => label === model);
      if (!found) throw new Error(`no interval of ${model}`);
      return found.mean ?? Number.NaN;
    });
    // Items vary by 1, and are at zero here: the expected grades are near the effects of the models.
    expected.forEach((grade, m) => {
      expect(Math.abs(grade - (effects[m] ?? 0))).toBeLessThan(0.5);
    });
  });

  test('recovers means and differences, and counts what it left out', async () => {
    const section = await analyse({
      formula: 'value ~ 1 + model + (1 | item)',
      family: 'gaussian',
      prior: { b: 'normal(0, 5)' },
      compare: 'model',
    });
    expect(section.title).toBe('value ~ 1 + model + (1 | item)');
    expect(section.notes[0]).toMatch(
      /^Rows: 162 of 180 answers\. 18 were left out as invalid: (no-number|empty) \d+, \S+ \d+\.$/,
    );
    expect(section.notes.join('\n')).toContain('are treated as numbers');
    expect(section.notes.join('\n')).toContain('Group effects are at zero');
    const byLabel = new Map(section.intervals.map((one) => [one.label, one]));
    const holds = (label: string, value: number, slack: number) => {
      const { mean, group } = byLabel.get(label) ?? { mean: null, group: '' };
      expect(Math.abs((mean ?? Number.NaN) - value), `${label} (${group})`).toBeLessThan(slack);
    };
    // An sd of 0.5 over 54 answers; levels of text are sorted.
    holds('one - two', -1, 0.4);
    holds('one - three', -3, 0.4);
    holds('three - two', 2, 0.4);
    // The mean of 30 items with sd 1.
    holds('one', 3, 0.8);
    expect(byLabel.get('one - three')).toMatchObject({ reference: 0, above: 0, mass: 0.95 });
    expect(section.intervals).toHaveLength(6);
    const [fit] = section.fits;
    expect(fit).toMatchObject({ family: 'gaussian(identity)', rows: 162 });
    expect(fit?.priors).toContain('normal(0, 5) class=b');
    expect(fit?.summary.map(({ name }) => name)).toEqual([
      ...['b_Intercept', 'b_modelthree', 'b_modeltwo', 'sd_item__Intercept', 'sigma'],
    ]);
    expect(fit?.draws?.parameterNames).toEqual(fit?.summary.map(({ name }) => name));
    // The mean of the kept draws is the mean of the summary.
    const [{ values } = { values: new Float64Array() }] = [fit?.draws].filter((one) => one);
    const first = values.filter((_, i) => i % 5 === 0);
    expect(first.reduce((sum, x) => sum + x, 0) / first.length).toBeCloseTo(
      fit?.summary[0]?.mean ?? Number.NaN,
      10,
    );
    expect(storedSections([section])[0]?.fits[0]?.draws).toMatchObject({ offset: 0, chains: 2 });
  });

  test('compares probabilities of two labels on the scale of the response', async () => {
    const section = await analyse({
      title: 'Who says yes',
      formula: 'choice ~ 1 + model',
      family: 'bernoulli(probit)',
      prior: { b: 'normal(0, 5)' },
      compare: 'model',
    });
    const share = (model: string) => {
      const rows = (table.get('model') ?? []).flatMap((name, i) =>
        name === model && table.get('valid')?.[i] ? [table.get('choice')?.[i]] : [],
      );
      return rows.filter((label) => label === 'yes').length / rows.length;
    };
    for (const model of ['two', 'three']) {
      const found = section.intervals.find(({ label }) => label === model);
      expect(found?.mean ?? Number.NaN).toBeCloseTo(share(model), 1);
    }
    expect(section.notes.join('\n')).not.toContain('treated as numbers');
  });

  test('takes only the rows of its stages and conditions', async () => {
    const section = await analyse({
      formula: 'value ~ 1',
      family: 'gaussian',
      stages: ['ratings'],
      where: { model: 'two', repeat: 1 },
    });
    expect(section.notes[0]).toMatch(
      /^Rows: \d+ of 30 answers of ratings with model two with repeat 1\./,
    );
    const none = await analyse({ formula: 'value ~ 1', family: 'gaussian', stages: ['other'] });
    expect(none.notes).toEqual(['Rows: 0 of 0 answers of other.', 'There is nothing to analyse.']);
    expect(none.fits).toEqual([]);
  });

  test('that the answers do not allow is a section that says so', async () => {
    const section = await analyse({ formula: 'model ~ 1', family: 'bernoulli' });
    expect(section.notes[1]).toMatch(/^These answers do not allow it: .*3 levels/);
    expect(section.fits).toEqual([]);
  });

  test.each<[Partial<TableAnalysis>, RegExp]>([
    [{ formula: 'value ~ 1 + modle' }, /^analysis 1 \(value ~ 1 \+ modle\): .*modle/],
    [{ formula: 'value ~ (' }, /^analysis 1 /],
    [{ family: 'poison' }, /^analysis 1 .*family is poison, expected one of gaussian/],
    [{ family: 'bernoulli(identity)' }, /^analysis 1 .*identity/],
    [{ compare: 'item' }, /^analysis 1 .*item/],
    [{ prior: { b: 'normal(0)' } }, /^analysis 1 .*normal/],
    [{ where: { judge: 'x' } }, /^analysis 1 .*no column 'judge', expected one of stage/],
  ])('that is wrong is an error that names it: %j', async (change, message) => {
    const analysis = { formula: 'value ~ 1 + model', family: 'gaussian', ...change };
    await expect(analyse(analysis)).rejects.toThrow(message);
  });
});
