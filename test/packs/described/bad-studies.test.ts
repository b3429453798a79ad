import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lookAtStudy } from '../../../src/harness/open-study.js';
import { describedFolder } from '../../support/described-plan.js';

const good = `study: essays
server:
  base_url: http://127.0.0.1:9
  key_variable: null
items: items.csv
tasks:
  rate:
    prompt: "{{ text }}: how good?"
    answer: { kind: ordinal, from: 1, to: 7 }
  pick:
    prompt: "{{ text }} {{ options[0].text }}"
    options: [good, poor]
    answer: { kind: choice, labels: [A, B] }
models:
  - name: m1
stages:
  - id: ratings
    task: rate
  - id: picks
    task: pick
`;

const csv = 'id,text,good,poor\na,One,G,P\nb,Two,G,P\n';

async function problemOf(yaml: string, table: string, file = 'items.csv'): Promise<string> {
  const folder = describedFolder({ 'study.yaml': yaml, [file]: table });
  try {
    (await lookAtStudy(folder)).close();
  } catch (error) {
    expect(error).toMatchObject({ name: 'WeighbridgeError' });
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    expect(existsSync(join(folder, 'record.sqlite'))).toBe(false);
    return message;
  }
  return 'no problem';
}

test('a study without a mistake has no problem', async () => {
  expect(await problemOf(good, csv)).toBe('no problem');
});

describe('a mistake in study.yaml is named with its line', () => {
  test.each<[string, string, string | RegExp, RegExp]>([
    [
      'an unknown field in a template',
      '{{ text }}:',
      '{{ txt }}:',
      /^study\.yaml, line 8: tasks\.rate\.prompt: unknown field 'txt' for item 'items\.csv, row 2', did you mean 'text'\?/,
    ],
    [
      'a template that is not closed',
      '{{ text }}:',
      '{{ text :',
      /^study\.yaml, line 8: tasks\.rate\.prompt: .*not closed/,
    ],
    [
      'an unknown filter',
      '{{ text }}:',
      '{{ text | shout }}:',
      /^study\.yaml, line 8: .*undefined filter: shout/,
    ],
    ['a template that reads a file', '{{ text }}:', "{% include 'x' %}:", /^study\.yaml, line 8: /],
    [
      'a label that two options share',
      '[A, B]',
      '[A, a]',
      /^study\.yaml, line 13: tasks\.pick\.answer\.labels\.1: two options share the label 'a'/,
    ],
    [
      'a range turned round',
      'from: 1, to: 7',
      'from: 7, to: 1',
      /^study\.yaml, line 9: tasks\.rate\.answer: expected from below to, found from 7 and to 1/,
    ],
    [
      'more labels than options',
      '[A, B]',
      '[A, B, C]',
      /^study\.yaml, line 13: tasks\.pick\.answer\.labels: expected as many labels as options/,
    ],
    [
      'an unknown task',
      'task: rate',
      'task: rates',
      /^study\.yaml, line 18: there is no task 'rates', did you mean 'rate'\?/,
    ],
    [
      'an unknown set of items',
      'task: rate',
      'task: rate\n    items: other',
      /^study\.yaml, line 19: there is no set of items 'other'/,
    ],
    [
      'a model that is not in the study',
      'task: rate',
      'task: rate\n    models: [m2]',
      /^study\.yaml, line 19: there is no model 'm2', did you mean 'm1'\?/,
    ],
    [
      'a training that does not exist',
      'task: rate',
      'task: rate\n    after: taught',
      /^study\.yaml, line 19: there is no training .*'taught'/,
    ],
    [
      'a stage twice',
      'id: picks',
      'id: ratings',
      /^study\.yaml, line 19: the stage 'ratings' is there twice/,
    ],
    [
      'measuring a later stage',
      'task: rate',
      'task: rate\n    measured: { p: picks }',
      /^study\.yaml, line 19: there is no stage before this one that asks m1 'picks'/,
    ],
    [
      'an unknown key',
      '    answer: { kind: ordinal',
      '    tempature: 1\n    answer: { kind: ordinal',
      /^study\.yaml, line 9: unknown key 'tasks\.rate\.tempature'; the nearest known one is 'tasks\.rate\.temperature'|^study\.yaml, line 9: unknown key 'tasks\.rate\.tempature'; the nearest known one is 'temperature'/,
    ],
    [
      'an unknown kind of answer',
      'kind: ordinal',
      'kind: ordnal',
      /^study\.yaml, line 9: tasks\.rate\.answer\.kind: /,
    ],
    [
      'a choice without labels',
      'options: [good, poor]\n    answer: { kind: choice, labels: [A, B] }',
      'answer: { kind: choice }',
      /^study\.yaml, line 12: tasks\.pick\.answer: a choice needs labels/,
    ],
    [
      'an unknown generator',
      'items: items.csv',
      'items: { generator: choice }',
      /^study\.yaml, line 5: there is no generator 'choice', did you mean 'choices'\?/,
    ],
    [
      'a bad setting of a generator',
      'items: items.csv',
      'items: { generator: choices, seed: -1 }',
      /^study\.yaml, line 5: items\.seed: /,
    ],
    [
      'a model twice',
      '- name: m1',
      '- name: m1\n  - name: m1',
      /^study\.yaml, line 16: models\.1\.name: 'm1' is there twice/,
    ],
  ])('%s', async (_, from, to, expected) => {
    const yaml = good.replace(from, String(to));
    expect(yaml).not.toBe(good);
    expect(await problemOf(yaml, csv)).toMatch(expected);
  });
});

test('more trials than memory holds are refused by name', async () => {
  const yaml = good.replace(
    '    answer: { kind: ordinal',
    '    repeats: 10000\n    answer: { kind: ordinal',
  );
  const rows = Array.from({ length: 501 }, (_, i) => `${i},One,G,P`).join('\n');
  expect(await problemOf(yaml, `id,text,good,poor\n${rows}\n`)).toBe(
    "study.yaml, line 9: the stage 'ratings' has 5010000 trials (501 items x 10000 repeats), expected at most 5000000",
  );
});

describe('a mistake in the items is named with its row', () => {
  test.each<[string, string, RegExp]>([
    [
      'two items with an id',
      `${csv}a,Three,G,P\n`,
      /^items\.csv, row 4: the id 'a' is there twice, first at items\.csv, row 2/,
    ],
    ['no items', 'id,text,good,poor\n', /^items\.csv holds no items/],
    [
      'an empty option',
      csv.replace('Two,G,P', 'Two,G,'),
      /^items\.csv, row 3: the item 'b' has no field 'poor', which is an option of the task 'pick'/,
    ],
    ['too few cells', csv.replace('Two,G,P', 'Two,G'), /row 3/],
    [
      'a column that no template can name',
      csv.replace('text', 'the text'),
      /^items\.csv: the column 'the text' cannot be used in a template/,
    ],
    [
      'a column of the table of answers',
      csv.replace('good', 'model'),
      /^items\.csv: the column 'model' is also a column of the table of answers/,
    ],
  ])('%s', async (_, table, expected) => {
    expect(await problemOf(good, table)).toMatch(expected);
  });

  const lines = good.replace('items.csv', 'items.jsonl');
  const json = (...rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

  test('an item without a field', async () => {
    const table = json(
      { id: 'a', text: 'x', good: 'g', poor: 'p' },
      { id: 'b', good: 'g', poor: 'p' },
    );
    expect(await problemOf(lines, table, 'items.jsonl')).toMatch(
      /^study\.yaml, line 8: tasks\.rate\.prompt: unknown field 'text' for item 'items\.jsonl, line 2'/,
    );
  });

  test('a line that is not an object', async () => {
    expect(await problemOf(lines, '{"id": 1}\n[2]', 'items.jsonl')).toMatch(
      /^items\.jsonl, line 2: expected a JSON object, found \[2\]/,
    );
  });

  test('a missing file', async () => {
    expect(await problemOf(good.replace('items.csv', 'other.csv'), csv)).toMatch(/other\.csv/);
  });
});
