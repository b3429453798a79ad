import { execFileSync } from 'node:child_process';
import {
  copyFile,
  cp,
  mkdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { resultFiles } from '../../src/result/format.js';
import { readResult } from '../../src/result/read-result.js';
import { startViewer } from '../../src/viewer/server.js';
import { type SmallResult, smallResult } from '../support/small-result.js';
import { GPT_4O } from '../support/small-study.js';

let made: SmallResult;
/** A copy to damage. */
let folder = '';

beforeAll(async () => {
  made = await smallResult();
});
afterAll(() => made.remove());
beforeEach(async () => {
  folder = join(dirname(made.folder), 'copy');
  await mkdir(folder);
  for (const file of Object.values(resultFiles)) {
    await copyFile(join(made.folder, file), join(folder, file));
  }
});
afterEach(() => rm(folder, { recursive: true }));

/** What readResult says, in one line. */
async function refusal(path = folder): Promise<WeighbridgeError> {
  const error = await readResult(path).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WeighbridgeError)) throw new Error(`expected a refusal, found ${error}`);
  expect(error.message).not.toContain('\n');
  expect(error.message.length).toBeLessThan(400);
  return error;
}

const edit = async (file: string, change: (text: string) => string) =>
  writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));

describe('a folder that holds no result', () => {
  test('is told from one that does not exist and from a file', async () => {
    expect(await refusal(join(folder, 'nowhere'))).toMatchObject({
      code: 'wrong-format',
      message: expect.stringContaining('does not exist'),
    });
    expect(await refusal(join(folder, 'fits.json'))).toMatchObject({
      code: 'wrong-format',
      message: expect.stringContaining('is not a folder'),
    });
    await rm(join(folder, 'result.json'));
    expect(await refusal()).toMatchObject({
      code: 'wrong-format',
      message: expect.stringContaining('holds no result.json'),
    });
  });

  test("is one with somebody else's result.json", async () => {
    for (const text of ['{"result":1}', '[]', 'null', '{"format":"another"}']) {
      await writeFile(join(folder, 'result.json'), text);
      expect((await refusal()).code).toBe('wrong-format');
    }
  });
});

describe('a result of another version of the format', () => {
  test.each([
    [0, 'an older weighbridge'],
    [3, 'a newer weighbridge'],
  ])('is told by its age: %i', async (version, age) => {
    await edit('result.json', (text) =>
      text.replace('"format_version": 2', `"format_version": ${version}`),
    );
    const { code, message } = await refusal();
    expect(code).toBe('wrong-version');
    expect(message).toContain(age);
  });
});

test('a result of version 1, which has no kind, is one of the paper', async () => {
  await edit('result.json', (text) =>
    text.replace('"format_version": 2', '"format_version": 1').replace(/\s*"kind": "paper",/, ''),
  );
  const read = await readResult(folder);
  expect(read.result).toMatchObject({ format_version: 1, kind: 'paper' });
  await read.close();
});

test('a result of another kind is told so', async () => {
  await edit('result.json', (text) => text.replace('"kind": "paper"', '"kind": "answers"'));
  const { code, message } = await refusal();
  expect(code).toBe('wrong-format');
  expect(message).toContain('has the kind "answers", expected paper');
});

describe('a damaged result', () => {
  test.each(Object.values(resultFiles))('is known by a file cut in half: %s', async (file) => {
    const { size } = await stat(join(folder, file));
    await truncate(join(folder, file), Math.floor(size / 2));
    const { code, message } = await refusal();
    expect(code).toBe('damaged');
    expect(message).toContain(file);
  });

  test.each(Object.values(resultFiles).slice(1))('is known by a missing file: %s', async (file) => {
    await rm(join(folder, file));
    const { code, message } = await refusal();
    expect(code).toBe('damaged');
    expect(message).toContain(`${file} is missing`);
  });

  test('is known by draws that do not fit to the fits, where sizes are not told', async () => {
    await edit('result.json', (text) => text.replace(/,\s*"files": \{[^}]*\}/, ''));
    await (await readResult(folder)).close();
    await truncate(join(folder, 'draws.f64'), 800);
    expect((await refusal()).message).toMatch(
      /draws\.f64 has 800 bytes, expected \d+ for its \d+ fits/,
    );
  });

  test('is told by the place in the file that is not what it should be', async () => {
    await edit('result.json', (text) => text.replace('"simulated": true', '"simulated": "maybe"'));
    expect((await refusal()).message).toContain('at data.simulated');
  });

  test('is known only then where a file is cut that is read later', async () => {
    await edit('result.json', (text) => text.replace(/,\s*"files": \{[^}]*\}/, ''));
    await truncate(join(folder, 'trials.json'), 300);
    const read = await readResult(folder);
    const [{ name, nativeReports }] = made.study.models;
    const [{ context }] = nativeReports;
    await expect(read.trials(name, 'native', context)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('ends early, after 300 characters'),
    });
    expect((await read.reports(name, 'nativeReports', context)).length).toBeGreaterThan(0);
    await read.close();
  });
});

describe('a folder that somebody else made', () => {
  const secret = () => join(dirname(made.folder), 'secret');
  beforeEach(() => writeFile(secret(), 'a secret of the one who looks'));

  test.each(Object.values(resultFiles))('leads nowhere by a link in place of %s', async (name) => {
    for (const target of [secret(), join(made.folder, name), join(folder, 'copy-of-it')]) {
      await copyFile(join(made.folder, name), join(folder, 'copy-of-it'));
      await rm(join(folder, name));
      await symlink(target, join(folder, name));
      // Trials and reports are read late, but their sizes at once.
      expect(['damaged', 'wrong-format']).toContain((await refusal()).code);
    }
  });

  test('leads nowhere by a link that comes later', async () => {
    const result = await readResult(folder);
    await rm(join(folder, 'trials.json'));
    await symlink(join(made.folder, 'trials.json'), join(folder, 'trials.json'));
    await expect(result.trials(GPT_4O, 'instilled', 'x')).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('trials.json is a symbolic link'),
    });
    await result.close();
  });

  test.each(['../secret', '/etc/passwd', 'csv/weights.csv', '..'])(
    'has no file %s among those that it lists',
    async (name) => {
      await edit('result.json', (text) =>
        text.replace('"fits.json":', `${JSON.stringify(name)}: 29, "fits.json":`),
      );
      expect((await refusal()).message).toMatch('lists an unknown file');
    },
  );

  test('serves no picture by a link, a folder or a pipe', async () => {
    const picture = join(folder, 'figure-2.svg');
    const viewer = await startViewer(folder, { page: new Map() });
    const fetched = async () => {
      const response = await fetch(new URL('/pictures/figure-2.svg', viewer.url));
      return [response.status, (await response.text()).includes('secret')];
    };
    try {
      await writeFile(picture, '<svg/>');
      expect(await fetched()).toEqual([200, false]);
      await rm(picture);
      await symlink(secret(), picture);
      expect(await fetched()).toEqual([404, false]);
      await rm(picture);
      await mkdir(picture);
      expect(await fetched()).toEqual([404, false]);
      await rm(picture, { recursive: true });
      execFileSync('mkfifo', [picture]);
      expect(await fetched()).toEqual([404, false]);
    } finally {
      await viewer.close();
    }
  });

  test('in another encoding is damaged', async () => {
    await writeFile(join(folder, 'contexts.json'), Buffer.from('{"caf\u00e9": 1}', 'latin1'));
    await edit('result.json', (text) => text.replace(/,\s*"files": \{[^}]*\}/, ''));
    expect((await refusal()).message).toMatch('contexts.json is not UTF-8');
  });
});

test('a result is read from wherever it was copied to', async () => {
  const moved = join(dirname(made.folder), 'moved');
  await cp(folder, moved, { recursive: true });
  const read = await readResult(moved);
  expect(read.fits.length).toBe(made.draws.size);
  await read.close();
  await rm(moved, { recursive: true });
});

describe('a folder that is written anew while it is read', () => {
  const lateReads = async () => {
    const read = await readResult(folder);
    const [fit] = read.fits;
    const { model = '', setting = 'instilled', context = '' } = fit ?? {};
    return {
      read,
      reads: [
        () => read.trials(model, setting, context),
        () => read.reports(model, 'instilledReports', context),
        () => (fit ? read.draws(fit) : Promise.reject(new Error('no fit'))),
        () => read.requireUnchanged(),
      ],
    };
  };

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'even with the same words',
      () => edit('result.json', (text) => text),
      /result\.json was rewritten since it was opened: restart `weighbridge view`$/,
    ],
    [
      'and is not whole yet',
      async () => {
        await rm(join(folder, 'result.json'));
        await edit('trials.json', (text) => text.slice(0, 100));
      },
      /result\.json is missing or being rewritten since it was opened/,
    ],
  ])('hands nothing out, %s', async (_what, rewrite, line) => {
    const { read, reads } = await lateReads();
    await rewrite();
    for (const late of reads) await expect(late()).rejects.toThrow(line);
    await read.close();
  });

  test('hands out what it has read before', async () => {
    const { read, reads } = await lateReads();
    const before = await reads[0]?.();
    await edit('result.json', (text) => text);
    expect(await reads[0]?.()).toBe(before);
    await read.close();
  });
});
