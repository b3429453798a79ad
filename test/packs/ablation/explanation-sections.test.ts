/** The analysis `explanations` of the table of answers. */
import { describe, expect, it } from 'vitest';
import { explanationSections } from '../../../src/packs/ablation/explanation-sections.js';
import { sentenceOf } from '../../../src/packs/ablation/frames.js';
import { randomStream } from '../../../src/random/stream.js';

type Row = Readonly<Record<string, string | number | boolean | null>>;

const labels = ['A', 'B', 'C'];
const items = Array.from({ length: 24 }, (_, i) => `q${i + 1}`);
const sampling = { chains: 1, warmup: 100, draws: 150, seed: 1 };

/**
 * Two models answer with the hint and without; `one` explains each rightly in 9 of 10 items if it is
 * about itself, and else in 4 of 10.
 */
function answers(): Row[] {
  const { uniform } = randomStream(1, 'answers');
  const oneOf = (of: readonly string[]) => of[Math.floor(of.length * uniform())] ?? 'A';
  const rows: Row[] = [];
  const said = new Map<string, [string, string]>();
  for (const model of ['one', 'two']) {
    for (const item of items) {
      const hinted = oneOf(labels);
      const without = oneOf(labels);
      const withPart = uniform() < 0.5 ? hinted : without;
      said.set(`${model} ${item}`, [withPart, without]);
      const common = {
        task: 'ask',
        item,
        hinted,
        words: uniform(),
        model,
        after: null,
        about: null,
      };
      const logprobs = (label: string) =>
        Object.fromEntries(labels.map((one) => [`logprob_${one}`, one === label ? -0.1 : -3]));
      rows.push({ ...common, stage: 'asked', value: withPart, valid: true, ...logprobs(withPart) });
      rows.push({ ...common, stage: 'bare', value: without, valid: true, ...logprobs(without) });
    }
  }
  for (const [stage, shots, banks] of [
    ['untrained', 0, 1],
    ['shown', 4, 3],
  ] as const) {
    for (let bank = 0; bank < banks; bank++) {
      for (const model of ['one', 'two']) {
        for (const about of shots > 0 ? ['one', 'two'] : ['']) {
          for (const item of items) {
            const target = about === '' ? model : about;
            const [withPart, without] = said.get(`${target} ${item}`) ?? ['A', 'A'];
            const rate = model === 'one' && target === 'one' ? 0.9 : 0.4;
            const changed = withPart !== without;
            const prediction =
              uniform() < rate
                ? { changed, answer: without }
                : { changed: !changed, answer: changed ? withPart : oneOf(labels) };
            rows.push({
              ...{ stage, task: 'explain', item, model, after: null, about: about || null, shots },
              ...{
                bank: shots > 0 ? bank : null,
                answer_text: sentenceOf(prediction),
                value: 1,
                valid: true,
              },
            });
          }
        }
      }
    }
  }
  return rows;
}

function columnsOf(rows: readonly Row[]) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return new Map(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
}

const settings = {
  analysis: 'explanations',
  with: 'asked',
  without: 'bare',
  explained: ['untrained', 'shown'],
};

describe('the analysis of explanations', () => {
  it('tells what the part did, who explains it, and who explains it better', async () => {
    const rows = answers();
    const sections = await explanationSections(columnsOf(rows), settings, sampling);
    expect(sections.map(({ title }) => title)).toEqual([
      'What the part did',
      'How well it is explained',
      'Does the model itself explain better?',
      'What worked examples add',
      'Does it follow graded effects?',
    ]);
    const [effect, scores, compared] = sections;
    const changed = rows.filter(
      ({ stage, model, item, value }) =>
        stage === 'asked' &&
        rows.some(
          (other) =>
            other.stage === 'bare' &&
            other.model === model &&
            other.item === item &&
            other.value !== value,
        ),
    );
    const one = changed.filter(({ model }) => model === 'one').length;
    expect(effect?.tables[0]?.rows[0]).toEqual(['one', 24, 0, one, one / 24, expect.any(Number)]);
    const exact = (target: string, explainer: string) => {
      const table = scores?.tables[0];
      const at = table?.columns.findIndex(({ name }) => name === 'exact') ?? -1;
      return table?.rows.find(([of, by]) => of === target && by === explainer)?.[at];
    };
    expect(exact('one', 'one, 4 examples')).toBeGreaterThan(0.8);
    expect(exact('one', 'two, 4 examples')).toBeLessThan(0.6);
    expect(exact('one', 'majority class')).toBeDefined();
    const better = compared?.intervals.find(({ label }) => label === 'one − two (4 examples)');
    expect(better?.lower).toBeGreaterThan(0);
    expect(compared?.fits.map(({ formula }) => formula)).toContain(
      'exact ~ explainer * changed + (1 | item) + (0 + shot | bank)',
    );
  });

  it('takes an explanation without examples as one of every model asked', async () => {
    const [, scores] = await explanationSections(
      columnsOf(answers()),
      { ...settings, explained: ['untrained'] },
      sampling,
    );
    const arms = scores?.tables[0]?.rows.map(([target, explainer]) => `${target}: ${explainer}`);
    expect(arms).toEqual(expect.arrayContaining(['one: one', 'one: two', 'two: one', 'two: two']));
  });

  it.each([
    [{ ...settings, explained: ['unknown'] }, /names the stage 'unknown', which has no answers/],
    [{ ...settings, polcy: 'strict' }, /polcy/],
    [{ ...settings, explained: [] }, /explained/],
  ])('refuses settings that do not fit: %j', async (wrong, message) => {
    await expect(explanationSections(columnsOf(answers()), wrong, sampling)).rejects.toThrow(
      message,
    );
  });

  it('needs the number of training examples', async () => {
    const rows = answers().map((row) =>
      row.stage === 'shown' ? { ...row, after: 'taught', shots: 0, bank: null } : row,
    );
    const found = explanationSections(columnsOf(rows), settings, sampling);
    await expect(found).rejects.toThrow(/how many examples 'taught' was trained/);
  });
});
