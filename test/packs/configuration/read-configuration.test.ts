import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filePrefix } from '../../../src/authors-files/write-study.js';
import { WeighbridgeError } from '../../../src/errors.js';
import { configurationTemplate } from '../../../src/harness/create-study.js';
import { parseConfiguration } from '../../../src/packs/configuration/read-configuration.js';
import { trainings } from '../../../src/packs/self-interpretability/configuration.js';
import { paperConfiguration } from '../../support/small-plan.js';

const smallest = 'study: mine\nmodels: [{name: some-model}]';

function complaint(text: string): string {
  try {
    parseConfiguration(text, 'study.yaml');
  } catch (error) {
    if (error instanceof WeighbridgeError && error.code === 'bad-configuration')
      return error.message;
    throw error;
  }
  return 'nothing to complain of';
}

describe('a configuration', () => {
  test('may leave out everything but the study and its models, and then is what the template says', () => {
    const {
      models: _,
      study: __,
      ...written
    } = parseConfiguration(configurationTemplate('mine'), 'study.yaml');
    const { models, study, ...defaults } = parseConfiguration(smallest, 'study.yaml');
    // The template names a server of one's own.
    const own = {
      baseUrl: 'http://127.0.0.1:8000/v1',
      keyVariable: null,
      requestsPerMinute: null,
      tokensPerMinute: null,
    };
    expect({ ...defaults, server: { ...defaults.server, ...own } }).toEqual(written);
    expect(study).toBe('mine');
    expect(models).toHaveLength(1);
  });

  test("of the template is the paper's study, of a model that was trained elsewhere", () => {
    const text = configurationTemplate('mine');
    const { models, counts, contexts } = paperConfiguration(text);
    expect(models).toHaveLength(1);
    expect(Object.keys(models[0]?.trained ?? {})).toEqual([...trainings]);
    // The paper's own models stand there as comments, with the settings of their training.
    const commented = text.replace(/^ {2}# (- name: gpt| {2}(?:fine_tuning|prices):)/gm, '  $1');
    const paper = paperConfiguration(commented).models.slice(1);
    expect(paper.map(({ name, fineTuning }) => [name, fineTuning])).toEqual([
      ['gpt-4o-2024-08-06', { ...models[0]?.fineTuning }],
      ['gpt-4o-mini-2024-07-18', { ...models[0]?.fineTuning, learningRateMultiplier: 1.8 }],
    ]);
    expect(counts).toMatchObject({ instilledChoices: 50, nativeChoices: 100, reports: 10 });
    expect(contexts).toMatchObject({ instilled: 100, native: 100 });
  });

  test.each([
    ['an unknown key', `${smallest}\nsever: {}`, /unknown key 'sever'.* 'server'/],
    [
      'an unknown key below another',
      'study: x\nmodels: [{name: a, pricess: 1}]',
      /unknown key 'models.0.pricess'.* 'prices'/,
    ],
    ['a model twice', 'study: x\nmodels: [{name: a}, {name: a}]', /models: expected each model/],
    [
      'two models whose files have one name',
      'study: x\nmodels: [{name: x}, {name: x_instilled}]',
      /lead to files of the same name/,
    ],
    ['no model', 'study: x\nmodels: []', /models: expected at least one model/],
    ['no study', 'models: [{name: a}]', /^study.yaml: study: is missing/],
    ['text that is no YAML', 'study: [', /^study.yaml, line 1: /],
    ['a key twice', 'study: x\nstudy: y', /^study.yaml, line 2: .*unique/],
    ['nothing at all', '', /^study.yaml: study: /],
    ['a list', '- 1', /expected object/],
    [
      'a server without http',
      `${smallest}\nserver: {base_url: "ftp://x"}`,
      /server.base_url: .*http/,
    ],
    [
      'a key in the URL',
      `${smallest}\nserver: {base_url: "https://user:secret@host/v1"}`,
      /server.base_url: expected no user name/,
    ],
    ['a file outside the folder', `${smallest}\ncontexts: {agents: ../a.csv}`, /contexts.agents: /],
    ['a hidden file', `${smallest}\ncontexts: {agents: .env}`, /contexts.agents: /],
    ['an absolute file', `${smallest}\ncontexts: {candidates: /etc/passwd}`, /contexts.candidates/],
    ['a count that is text', `${smallest}\ncounts: {reports: ten}`, /counts.reports: .*number/],
    [
      'a budget in money without prices',
      `${smallest}\nbudget: {usd: 5}`,
      /budget.usd: .* needs the prices/,
    ],
    [
      'models that differ in case only',
      'study: x\nmodels: [{name: org/M}, {name: ORG_m}]',
      /models: .* 'org\/M' and 'ORG_m' have org_m_/,
    ],
    [
      'models whose learned weights would have one file',
      'study: x\nmodels: [{name: a}, {name: a_latent}]',
      /lead to files of the same name/,
    ],
    ...['a\\u0000', '\\u200b', 'a\\ud800', 'a\\nb', 'a\\eb', 'a\\ufffd'].map(
      (text): [string, string, RegExp] => [
        `the model "${text}"`,
        `study: x\nmodels: [{name: "${text}"}]`,
        /models\.0\.name: /,
      ],
    ),
    ['a study of no letters', 'study: "a\\u0007"\nmodels: [{name: a}]', /study: holds the control/],
    [
      'more trials than can be held',
      `${smallest}\ncontexts: {native: 10000}\ncounts: {native_choices: 100000}`,
      /counts\.native_choices: expected at most 5000000/,
    ],
    ...Object.entries({
      flow: `a: ${'['.repeat(3000)}${']'.repeat(3000)}`,
      'flow without end': `a: ${'['.repeat(20_000)}`,
      maps: `${'{a: '.repeat(3000)}1${'}'.repeat(3000)}`,
      block: `- ${'- '.repeat(3000)}x`,
      'explicit keys': `${'? '.repeat(3000)}x`,
      indentation: Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    }).map(([how, text]): [string, string, RegExp] => [
      `nesting by ${how}`,
      text,
      /^study\.yaml, line \d+: nested deeper than 32 levels$/,
    ]),
    [
      'as many errors as characters, in line 2',
      `study: x\nmodels: ${'"'.repeat(60_000)}`,
      /^study\.yaml, line 2: Unexpected double-quoted-scalar at node end$/,
    ],
    [
      'aliases of aliases',
      Array.from(
        { length: 10 },
        (_, i) => `a${i}: &a${i} [${i > 0 ? `*a${i - 1},`.repeat(10) : '1'}]`,
      ).join('\n'),
      /^study\.yaml: Excessive alias count/,
    ],
    ['an alias within itself', 'study: &a [*a]', /^study.yaml, line 1: study: /],
    ['no end', `study: ${'x'.repeat(200_000)}`, /^study\.yaml has 200007 characters/],
    ['a negative budget', `${smallest}\nbudget: {usd: -1}`, /budget.usd: /],
  ])('with %s is refused in one line that names the place', (_, text, expected) => {
    const line = complaint(text);
    expect(line).toMatch(expected);
    expect(line).not.toContain('\n');
    expect(line).not.toContain('secret');
  });

  test('that is any text at all is taken or refused in one line', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => `study: ${json}`),
        ),
        (text) => {
          expect(complaint(text)).not.toContain('\n');
        },
      ),
    );
  });
});

describe('the file name of a model', () => {
  test('leads to no other folder, whatever the model is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (model) => {
        expect(filePrefix(model)).toMatch(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
      }),
    );
    expect(filePrefix('gpt-4o-2024-08-06')).toBe('gpt-4o-2024-08-06');
    expect(filePrefix('org/model:8b')).toBe('org_model_8b');
  });

  test('leaves room for what comes after it, and tells long names apart', () => {
    const long = [1, 2].map((end) => filePrefix('/models/'.repeat(60) + end));
    expect(new Set(long).size).toBe(2);
    for (const prefix of long) expect(prefix.length).toBeLessThanOrEqual(180);
  });
});
