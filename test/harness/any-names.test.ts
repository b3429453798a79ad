/**
 * A study that passes the check before its first request gets through collection, export, analysis
 * and result folder, whatever its models, contexts, attributes, units and agents are called, and
 * whatever its ranges are.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { reproduce } from '../../src/analysis/reproduce.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import { filePrefix } from '../../src/authors-files/write-study.js';
import { writeFiles } from '../../src/data-files/write-files.js';
import { WeighbridgeError } from '../../src/errors.js';
import { collectedAnswers } from '../../src/harness/collected-answers.js';
import {
  exportFiles,
  requirePaperStudy,
  studyAnswers,
  studyFromAnswers,
} from '../../src/harness/export-study.js';
import { lookAtStudy, openStudy } from '../../src/harness/open-study.js';
import { runStudy } from '../../src/harness/run-study.js';
import { writeReport } from '../../src/report/write-report.js';
import { readResult } from '../../src/result/read-result.js';
import { beginResult } from '../../src/result/write-result.js';
import { startSimulatedServer } from '../../src/simulation/server/server.js';
import { nameProblem } from '../../src/study/names.js';
import { powered } from '../support/deep.js';
import { documentOf } from '../support/small-result.js';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'weighbridge-names-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface StudyText {
  readonly models: readonly string[];
  readonly contexts: readonly { readonly short_name: string }[];
  readonly agents: readonly string[];
}

/** Names that once went wrong, or look as if they could. */
const notorious = fc.constantFrom(
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'NaN', 'NA', '1', 'true'],
  ...[
    'a b',
    'a',
    'A',
    'a ',
    ' a',
    '\u00a0',
    '\u200b',
    'a\u200b',
    'e\u0301',
    '\u00e9',
    '日本',
    '👨‍👩‍👧',
  ],
  ...[
    '=1+1',
    '-x',
    '@x',
    '"q"',
    "'",
    'a,b',
    'a;b',
    'a/b:c',
    '../..',
    'C:\\con',
    'x_instilled',
    '#',
  ],
  ...['a: b', 'a:', 'two\nlines', 'nul\u0000', 'bell\u0007', 'half\ud800', 'lost\ufffd', '\u2028'],
  ...['x'.repeat(250), `${'x'.repeat(249)}y`, 'instilled', 'model/instilled', '[x](y)', '<b>&amp;'],
);
const anyName = fc.oneof(
  { weight: 2, arbitrary: notorious },
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
);
const anyEnd = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.constantFrom(0, 5e-324, 1e-300, 1e-20, 0.1, 1e16, 1e99, -1e99, 1e300, 1e308, -1e308),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const anyRange = fc.tuple(anyEnd, anyEnd);
const usualRange = fc.constantFrom(
  ...[
    [0, 1e-85],
    [0, 1e-10],
    [-1e-20, 1e-20],
    [0.1, 0.4],
    [0.1, 1.1],
    [-5, 0],
    [-5, 5],
  ],
  ...[
    [12345.678, 12346.678],
    [-1e15, -1e14],
    [0, 1e16],
    [1e99, 2e99],
    [-1e99, 1e99],
  ],
);

/** @param name of everything that has one */
function studies(name: fc.Arbitrary<string>, range: fc.Arbitrary<number[]>) {
  const attribute = fc.record({ name, units: fc.oneof(fc.constant(''), name), range });
  const context = (attributes: number) =>
    fc.record({
      short_name: name,
      question: fc.constant('Which one?'),
      attributes: fc.array(attribute, { minLength: attributes, maxLength: attributes }),
    });
  return fc.record({
    models: fc.array(name, { minLength: 1, maxLength: 2 }),
    contexts: fc
      .integer({ min: 2, max: 3 })
      .chain((count) => fc.array(context(count), { minLength: 8, maxLength: 8 })),
    agents: fc.array(name, { minLength: 1, maxLength: 2 }),
  });
}

/** Nothing is trained: the base model stands in for all that would come of it. */
async function write({ models, contexts, agents }: StudyText, url: string): Promise<string> {
  const folder = await mkdtemp(join(root, 'study-'));
  const named = (name: string) => ({
    name,
    trained: {
      preferences: name,
      introspection_first: name,
      introspection_last: name,
      introspection_all: name,
    },
  });
  const quoted = agents.map((agent) => `"${agent.replaceAll('"', '""')}"`);
  await writeFile(join(folder, 'agents.csv'), ['role', ...quoted].join('\n'));
  await writeFile(join(folder, 'contexts.json'), JSON.stringify(contexts));
  await writeFile(
    join(folder, 'study.yaml'),
    stringify({
      study: 'names',
      server: {
        base_url: url,
        key_variable: null,
        requests_per_minute: null,
        tokens_per_minute: null,
      },
      models: models.map(named),
      contexts: { instilled: 4, native: 4 },
      counts: { instilled_choices: 4, native_choices: 4, reports: 3 },
    }),
  );
  return folder;
}

/** The line by which a study is refused; null for one that may be run. */
async function refusal(folder: string): Promise<string | null> {
  try {
    (await lookAtStudy(folder)).close();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(WeighbridgeError);
    const { message } = error as WeighbridgeError;
    expect(message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    return message;
  }
}

const settings = { chains: 2, warmup: 60, draws: 20, seed: 1, algorithm: 'auto' } as const;

/** Run, export, analyse, write the result, read it back. */
async function throughAll(folder: string, { models, contexts }: StudyText): Promise<void> {
  const study = requirePaperStudy(await openStudy(folder));
  try {
    await runStudy(study);
    const answers = studyAnswers(study, 'paper');
    const files = exportFiles(study, answers);
    const exported = join(folder, 'exported');
    await writeFiles(exported, files);
    const data = await readStudy(exported);
    expect(await studyFromAnswers(exported, study, answers)).toEqual(data);
    expect(data.models.map(({ name }) => name)).toEqual(models.map(filePrefix).sort());
    expect([...data.contexts.keys()]).toEqual(contexts.map(({ short_name }) => short_name));
    const out = join(folder, 'out');
    const writer = await beginResult(out, settings);
    const result = await reproduce(data, {
      ...settings,
      observe: writer.observe,
    });
    const document = await documentOf(data, result);
    const more = {
      document,
      command: 'x',
      png: false,
      answers: collectedAnswers(study, 'paper'),
      dataFiles: files,
    };
    await writeReport(writer, { study: data, result, ...more });
    const read = await readResult(out);
    for (const model of read.result.models) {
      for (const { name } of study.design.stimuli.instilled) {
        expect(await read.trials(model, 'instilled', name)).toHaveLength(4);
        expect(await read.reports(model, 'instilledReports', name)).toHaveLength(3);
      }
    }
    await read.close();
  } finally {
    study.close();
  }
}

async function check(text: StudyText): Promise<string | null> {
  const models = text.models.map((model) => model.trim());
  const server = await startSimulatedServer({ models });
  try {
    const folder = await write(text, server.url);
    const refused = await refusal(folder);
    if (refused === null) await throughAll(folder, { ...text, models });
    return refused;
  } finally {
    await server.close();
  }
}

describe('a study', () => {
  test('of any names and ranges is taken, or refused in one line', async () => {
    await fc.assert(
      fc.asyncProperty(studies(anyName, anyRange), async (text) => {
        await refusal(await write(text, 'http://127.0.0.1:9/v1'));
      }),
      { seed: 11, numRuns: 100 },
    );
  });

  test('that is taken gets through to its result', async () => {
    let done = 0;
    const usable = anyName.filter((name) => nameProblem(name) === null && !name.includes(': '));
    await fc.assert(
      fc.asyncProperty(studies(usable, usualRange), async (text) => {
        if ((await check(text)) === null) done++;
      }),
      // 80 runs of this seed were tried once; these are as many as a suite has time for.
      { seed: 12, numRuns: powered(1, 3), endOnFailure: true, examples: [[inherited]] },
    );
    expect(done).toBe(powered(1, 3));
  });
});

/** Everything has the name of something that every object inherits, or of a formula. */
const inherited: StudyText = {
  models: ['__proto__', 'constructor'],
  contexts: ['__proto__', 'constructor', 'toString', 'valueOf', '=1+1', '-1', '@a', '+a'].map(
    (short_name) => ({
      short_name,
      question: 'Which one?',
      attributes: [
        { name: '__proto__', units: 'constructor', range: [0, 10] },
        { name: 'constructor', units: '__proto__', range: [0, 1] },
      ],
    }),
  ),
  agents: ['__proto__'],
};
