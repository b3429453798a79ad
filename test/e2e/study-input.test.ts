/**
 * Bad input to the study commands: one clear line, exit code 2, nothing half-written; and keys that
 * stay where they belong.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStudy } from '../../src/harness/open-study.js';
import { filesIn, type SimulatedStudy, simulatedStudy } from '../support/simulated-study.js';
import { errorLines, SHORT, STACK_LINE, weighbridge } from './support.js';

let study: SimulatedStudy;
beforeEach(async () => {
  study = await simulatedStudy();
});
afterEach(() => study.close());

interface Candidate {
  short_name: string;
  attributes: { range: [number, number] }[];
}

async function editContexts(change: (contexts: Candidate[]) => void): Promise<void> {
  const path = join(study.folder, 'contexts.json');
  const contexts = JSON.parse(await readFile(path, 'utf8'));
  change(contexts);
  await writeFile(path, JSON.stringify(contexts));
}

async function refusal(args: readonly string[], environment?: Record<string, string>) {
  const outcome = await weighbridge(args, environment);
  expect(outcome.stderr).not.toMatch(STACK_LINE);
  expect(outcome.stdout).toBe('');
  const lines = errorLines(outcome);
  expect(lines).toHaveLength(1);
  expect(outcome.code).toBe(2);
  return lines[0] ?? '';
}

describe('study run refuses', () => {
  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'an unknown configuration key, with the nearest known one',
      () => study.rewrite((text) => text.replace('concurrency', 'concurency')),
      /study\.yaml, line \d+: unknown key 'server\.concurency'; the nearest known one is 'concurrency'/,
    ],
    [
      'a context with one attribute',
      () => editContexts(([first]) => first?.attributes.splice(1)),
      /contexts\.json, at 0\.attributes: expected 2 to 20 attributes \(context '\w+'\)/,
    ],
    [
      'a context with equal minimum and maximum',
      () => editContexts(([first]) => first?.attributes[0]?.range.splice(0, 2, 3, 3)),
      /contexts\.json, at 0\.attributes\.0\.range: the maximum must be above the minimum \(context/,
    ],
    [
      'two contexts of one name',
      () =>
        editContexts(([first, second]) => {
          if (first && second) second.short_name = first.short_name;
        }),
      /contexts\.json, at 1\.short_name: '\w+' is there twice/,
    ],
    [
      'fewer contexts than it needs',
      () => editContexts((contexts) => contexts.splice(23)),
      /contexts\.json holds 23 contexts, expected at least 24/,
    ],
    [
      'a model name that the server does not know',
      () => study.rewrite((text) => text.replace('gpt-4o-2024-08-06', 'gpt-5-imagined')),
      /does not know the model 'gpt-5-imagined'/,
    ],
    [
      'a server that is not there',
      () =>
        study.rewrite((text) => text.replace(/base_url: .*/, 'base_url: http://127.0.0.1:9/v1')),
      /http:\/\/127\.0\.0\.1:9\/v1 .*reach/,
    ],
    [
      'so few contexts that the server would refuse to train on half of them',
      () => study.rewrite((text) => text.replace('instilled: 20', 'instilled: 18')),
      /contexts\.instilled is 18: .* 9 examples, and needs at least 10/,
    ],
    [
      'agents in another encoding',
      () =>
        writeFile(
          join(study.folder, 'agents.csv'),
          Buffer.from('role\na caf\u00e9 owner\n', 'latin1'),
        ),
      /agents\.csv, line 2: not UTF-8/,
    ],
    [
      'two contexts whose names look the same',
      () =>
        editContexts(([first, second]) => {
          if (first && second) second.short_name = `${first.short_name}\u200b`;
        }),
      /contexts\.json, at 1\.short_name: .* looks like .*, at 0/,
    ],
    [
      'a range that would be printed as inf',
      () => editContexts(([first]) => first?.attributes[0]?.range.splice(0, 2, -1e308, 1e308)),
      /contexts\.json, at 0\.attributes\.0\.range: expected values within/,
    ],
    [
      'so few contexts that nothing could be correlated',
      () =>
        editContexts((contexts) => {
          for (const context of contexts) context.attributes.splice(2);
        }).then(() => study.rewrite((text) => text.replace('native: 4', 'native: 3'))),
      /contexts\.native is 3: with 2 attributes each, 3 weights are left .* at least 4/,
    ],
    [
      'a configuration nested too deep',
      () => study.rewrite((text) => `${text}\nseeds: ${'['.repeat(3000)}${']'.repeat(3000)}\n`),
      /study\.yaml, line \d+: nested deeper than 32 levels/,
    ],
    [
      'a variable that is no key of an API',
      () => study.rewrite((text) => text.replace('key_variable: null', 'key_variable: PATH')),
      /server\.key_variable is PATH: .* --allow-key-variable PATH/,
    ],
    [
      'a host that nobody has confirmed',
      () =>
        study.rewrite((text) =>
          text.replace(/base_url: .*/, 'base_url: https://models.invalid/v1'),
        ),
      /https:\/\/models\.invalid was not asked before: .* --trust-host models\.invalid/,
    ],
    [
      'a missing contexts file',
      () => rm(join(study.folder, 'contexts.json')),
      /contexts\.json is missing/,
    ],
  ])('%s', async (_, spoil, expected) => {
    await study.rewrite((text) => text.replace('poll_seconds', 'concurrency: 4\n  poll_seconds'));
    await spoil();
    const nobody = { XDG_CONFIG_HOME: join(study.root, 'config') };
    expect(await refusal(['study', 'run', study.folder, '--quiet'], nobody)).toMatch(expected);
    expect(study.server.stats().paidAnswers).toBe(0);
  });

  test('to run without the key that its configuration names', async () => {
    await study.rewrite((text) => text.replace('key_variable: null', 'key_variable: MY_API_KEY'));
    expect(await refusal(['study', 'run', study.folder])).toMatch(
      /MY_API_KEY holds no key for http/,
    );
    expect(await readdir(study.folder)).not.toContain('record.sqlite');
  });

  test('a folder without a study, and one that is not there', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'weighbridge-empty-'));
    try {
      expect(await refusal(['study', 'run', empty])).toMatch(/holds no study\.yaml: make a study/);
      expect(await refusal(['study', 'status', join(empty, 'nowhere')])).toMatch(/no study\.yaml/);
      expect(await readdir(empty)).toEqual([]);
    } finally {
      await rm(empty, { recursive: true });
    }
  });

  test('a study that another process is at work on', async () => {
    const held = await openStudy(study.folder);
    try {
      expect(await refusal(['study', 'run', study.folder])).toMatch(/open in another process/);
      const looking = await weighbridge(['study', 'status', study.folder]);
      expect(looking.code).toBe(0);
    } finally {
      held.close();
    }
  });

  test('a record of a newer weighbridge, and leaves it as it was', async () => {
    (await openStudy(study.folder)).close();
    const record = join(study.folder, 'record.sqlite');
    const newer = new Database(record);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    for (const command of [['run'], ['status'], ['analyse'], ['run', '--dry-run']]) {
      const [name = '', ...flags] = command;
      expect(await refusal(['study', name, study.folder, ...flags])).toMatch(
        /newer weighbridge \(record version 99/,
      );
    }
  });

  test('what changed after collection began, naming it, and no command takes it', async () => {
    const original = await readFile(join(study.folder, 'study.yaml'), 'utf8');
    const out = join(study.root, 'out');
    expect((await weighbridge(['study', 'run', study.folder])).code).toBe(0);
    for (const [found, changed, expected] of [
      ['native_choices: 12', 'native_choices: 13', /counts\.native_choices is now 13 and was 12/],
      ['study: test', 'study: test\nseeds: {agents: 9}', /seeds\.agents is now 9 and was 0/],
    ] as const) {
      await study.rewrite(() => original.replace(found, changed));
      for (const args of [
        ['run', study.folder],
        ['run', study.folder, '--dry-run'],
        ['status', study.folder],
        ['analyse', study.folder],
        ['export', study.folder, out],
      ]) {
        expect(await refusal(['study', ...args])).toMatch(expected);
      }
    }
    await study.rewrite(() => original);
    await editContexts((contexts) => contexts.reverse());
    expect(await refusal(['study', 'export', study.folder, out])).toMatch(/agents files is now/);
    expect(await readdir(study.root)).toEqual(['study']);
  });

  test('nothing that was changed before anything was answered', async () => {
    await study.rewrite((text) => text.replace('gpt-4o-2024-08-06', 'gpt-4o-mistyped'));
    await refusal(['study', 'run', study.folder]);
    await study.rewrite((text) => text.replace('gpt-4o-mistyped', 'gpt-4o-2024-08-06'));
    expect((await weighbridge(['study', 'run', study.folder])).code).toBe(0);
    // A training that no server took is not counted: as many tokens as without the mistake.
    const undisturbed = await simulatedStudy();
    try {
      expect((await weighbridge(['study', 'run', undisturbed.folder])).code).toBe(0);
      const tokens = async ({ folder }: SimulatedStudy) =>
        / ([\d,]+) tokens/.exec((await weighbridge(['study', 'status', folder])).stdout)?.[1];
      expect(await tokens(study)).toMatch(/^[\d,]+$/);
      expect(await tokens(study)).toBe(await tokens(undisturbed));
    } finally {
      await undisturbed.close();
    }
  });

  test('a budget that is too small, keeping what was paid for', async () => {
    await study.rewrite((text) => `${text}\nbudget: {requests: 20}\n`);
    expect(await refusal(['study', 'run', study.folder])).toMatch(/budget is 20 requests/);
    expect(study.server.stats().paidAnswers).toBeLessThanOrEqual(20);
    const { stdout } = await weighbridge(['study', 'status', study.folder]);
    expect(stdout).toMatch(/spent: 20 of 20 requests/);
    await study.rewrite((text) => text.replace('requests: 20', 'requests: 100000'));
    expect((await weighbridge(['study', 'run', study.folder])).code).toBe(0);
    expect(study.server.stats().repeatedAnswers).toBe(0);
  });
});

describe('a record or folder that cannot be used', () => {
  test('is told as what it is', async () => {
    const record = join(study.folder, 'record.sqlite');
    const other = new Database(record);
    other.exec('CREATE TABLE notes (text)');
    other.close();
    for (const command of ['run', 'status']) {
      expect(await refusal(['study', command, study.folder])).toMatch(/not the record of a study/);
    }
    for (const file of ['record.sqlite', 'study.lock']) await rm(join(study.folder, file));
    await mkdir(join(study.folder, 'study.lock'));
    expect(await refusal(['study', 'run', study.folder])).toMatch(/study\.lock cannot be opened/);
  });

  test('a configuration that is a folder', async () => {
    const folder = join(study.root, 'odd');
    await mkdir(join(folder, 'study.yaml'), { recursive: true });
    expect(await refusal(['study', 'status', folder])).toMatch(/study\.yaml cannot be read/);
  });
});

describe('study commands', () => {
  test('init writes a study that can be planned at once, and never over another', async () => {
    const folder = join(study.root, 'My study #1');
    const made = await weighbridge(['study', 'init', folder]);
    expect(made.code).toBe(0);
    expect(await readdir(folder)).toEqual(['agents.csv', 'contexts.json', 'study.yaml']);
    const plan = await weighbridge(['study', 'run', folder, '--dry-run']);
    expect(plan.code).toBe(0);
    // 5,000 + 10,000 choices + 5,000 reports.
    expect(plan.stdout).toMatch(/in all +│ +20,000 │/);
    await writeFile(join(folder, 'agents.csv'), 'role\nmine\n');
    expect(await refusal(['study', 'init', folder])).toMatch(/holds a study already/);
    expect(await readFile(join(folder, 'agents.csv'), 'utf8')).toBe('role\nmine\n');
  });

  test('init keeps contexts and agents that are there already', async () => {
    const folder = join(study.root, '123');
    await mkdir(folder);
    await writeFile(join(folder, 'contexts.json'), '[]');
    expect((await weighbridge(['study', 'init', folder])).code).toBe(0);
    expect(await readFile(join(folder, 'contexts.json'), 'utf8')).toBe('[]');
    expect((await readdir(folder)).toSorted()).toEqual([
      'agents.csv',
      'contexts.json',
      'study.yaml',
    ]);
  });

  test('a plan asks nothing, needs no key and leaves no trace', async () => {
    await study.rewrite((text) => text.replace('key_variable: null', 'key_variable: MY_API_KEY'));
    const before = await readdir(study.folder);
    const { code, stdout } = await weighbridge(['study', 'run', study.folder, '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`in all +│ +${study.answers} │`));
    expect(await readdir(study.folder)).toEqual(before);
    expect(study.server.stats().requests).toEqual({});
  });

  test('export, analyse and status before the first answer say what to do', async () => {
    const out = join(study.root, 'out');
    expect(await refusal(['study', 'export', study.folder, out])).toMatch(/study run/);
    expect(await refusal(['study', 'analyse', study.folder])).toMatch(/study run/);
    expect((await weighbridge(['study', 'status', study.folder])).stdout).toMatch(/ready/);
    expect(await readdir(study.root)).toEqual(['study']);
  });

  test('an analysis needs no folder for temporary files', async () => {
    expect((await weighbridge(['study', 'run', study.folder, '--quiet'])).code).toBe(0);
    const args = ['study', 'analyse', study.folder, '--quiet', ...SHORT];
    const { code, stdout } = await weighbridge(args, { TMPDIR: join(study.root, 'nowhere') });
    expect(code).toBe(0);
    expect(stdout).toMatch(/learned vs target weights/);
  });

  test('a key reaches no file, no output and no export', async () => {
    const key = 'sk-test-0123456789abcdefSECRET';
    const guarded = await simulatedStudy({ server: { apiKey: key } });
    try {
      await guarded.rewrite((text) =>
        text.replace('key_variable: null', 'key_variable: MY_API_KEY'),
      );
      const wrong = await weighbridge(['study', 'run', guarded.folder], { MY_API_KEY: `${key}x` });
      expect(wrong.code).toBe(2);
      const outputs = [wrong];
      for (const args of [
        ['run', guarded.folder],
        ['status', guarded.folder],
        ['export', guarded.folder, join(guarded.root, 'out')],
      ]) {
        const outcome = await weighbridge(['study', ...args], { MY_API_KEY: key });
        expect(outcome.code).toBe(0);
        outputs.push(outcome);
      }
      const written = [
        ...Object.values(await filesIn(guarded.folder)),
        ...Object.values(await filesIn(join(guarded.root, 'out'))),
        ...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]),
      ];
      for (const text of written) expect(text).not.toContain('SECRET');
    } finally {
      await guarded.close();
    }
  });
});
