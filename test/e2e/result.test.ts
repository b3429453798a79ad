/** `--out`: the commands that write a result folder, from first to last on small studies. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResult } from '../../src/result/read-result.js';
import { GPT_4O, type SmallStudy, smallStudy } from '../support/small-study.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import {
  errorLines,
  parseReproduction,
  reproduce,
  SHORT,
  STACK_LINE,
  weighbridge,
} from './support.js';

let study: SmallStudy;
let scratch = '';
let removeScratch = async () => {};

beforeAll(async () => {
  study = await smallStudy({ contexts: 2 });
  const made = await temporaryFolder();
  scratch = made.folder;
  removeScratch = made.remove;
});
afterAll(async () => {
  await Promise.all([study.remove(), removeScratch()]);
});

describe('reproduce --out', () => {
  it('writes the document of --json, with how it came about', async () => {
    const out = join(scratch, 'first');
    const json = join(scratch, 'first.json');
    const { code, stdout } = await reproduce(study.folder, '--out', out, '--json', json);
    expect(code).toBe(0);
    expect(stdout).toContain('learned vs target weights');
    const result = await readResult(out);
    const document = parseReproduction(await readFile(json, 'utf8'));
    expect(result.result).toMatchObject(document);
    expect(result.result.command).toMatch(/^weighbridge reproduce --data \S+ .*--out \S+first/);
    // Units are not in the layout; those of the contexts that ship with us are known.
    expect(result.contexts[0].attributes[0].units).not.toBe('');
    await result.close();
  });

  it('writes the same for any number of workers, over what was there', async () => {
    const out = join(scratch, 'workers');
    const dataOf = async (workers: string) => {
      const { code } = await reproduce(study.folder, '--out', out, '--workers', workers, '--quiet');
      expect(code).toBe(0);
      return Promise.all(
        ['draws.f64', 'fits.json', 'csv/weights.csv', 'figure-2.svg'].map((file) =>
          readFile(join(out, file), 'latin1'),
        ),
      );
    };
    const first = await dataOf('1');
    await writeFile(join(out, 'notes.txt'), 'mine');
    expect(await dataOf('3')).toEqual(first);
    expect(await readFile(join(out, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('writes the figures as PNG at 300 dots an inch where that is asked for', async () => {
    const out = join(scratch, 'png');
    expect((await reproduce(study.folder, '--out', out, '--png')).code).toBe(0);
    for (const file of ['figure-2.png', 'figure-3.png']) {
      const image = await readFile(join(out, file));
      expect(image.subarray(1, 4).toString()).toBe('PNG');
      const at = image.indexOf('pHYs') + 4;
      // Dots a metre.
      expect(image.readUInt32BE(at)).toBe(Math.round(300 / 0.0254));
    }
  });

  it('shows nothing of probabilities and reports that it does not have', async () => {
    const one = await smallStudy({ contexts: 2, models: [GPT_4O] });
    const out = join(scratch, 'one');
    expect((await reproduce(one.folder, '--out', out)).code).toBe(0);
    await one.remove();
    const result = await readResult(out);
    const [{ name }] = result.contexts;
    const [trial] = await result.trials(GPT_4O, 'instilled', name);
    expect(Object.keys(trial).sort()).toEqual(['a', 'b', 'choice']);
    await result.close();
  });

  it.each([
    ['an empty name', () => '', /--out is empty/],
    ['a file', () => join(scratch, 'a-file'), /cannot make the folder .*a-file/],
    ["somebody else's result.json", () => join(scratch, 'theirs'), /choose another folder/],
  ])('is refused before any fit for %s', async (_what, place, reason) => {
    await writeFile(join(scratch, 'a-file'), '');
    await mkdir(join(scratch, 'theirs'), { recursive: true });
    await writeFile(join(scratch, 'theirs', 'result.json'), '{}');
    const args = ['reproduce', '--data', study.folder, '--draws', '1000000', '--workers', '1'];
    const outcome = await weighbridge([...args, '--out', place()]);
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)).toEqual([expect.stringMatching(reason)]);
    expect(outcome.stderr).not.toMatch(STACK_LINE);
    expect(await readdir(join(scratch, 'theirs'))).toEqual(['result.json']);
  });

  it('is what --png needs', async () => {
    const outcome = await reproduce(study.folder, '--png');
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)).toEqual(['error: --png needs --out: expected a folder']);
  });
});

describe('the analysis of a collected study, --out', () => {
  it('has what was shown and said, word for word', async () => {
    const out = join(scratch, 'collected');
    const size = ['--contexts', '20', ...SHORT];
    const outcome = await weighbridge(['study', 'demo', ...size, '--out', out, '--quiet']);
    expect(outcome.code, outcome.stderr).toBe(0);
    const result = await readResult(out);
    expect(result.result.data.simulated).toBe(true);
    const native = result.contexts.find(({ target }) => target === undefined);
    const trials = await result.trials(GPT_4O, 'native', native?.name ?? '');
    expect(trials).toHaveLength(100);
    for (const { raw, choice } of trials) expect(raw).toBe(choice);
    const reports = await result.reports(GPT_4O, 'nativeReports', native?.name ?? '');
    expect(reports).toHaveLength(10);
    for (const { raw = '', weights, a } of reports) {
      expect(a).toHaveLength(5);
      if (weights) for (const weight of weights) expect(raw).toContain(String(weight));
    }
    expect(native?.attributes.every(({ units }) => units !== '')).toBe(true);

    // Every report that could not be used has its reason.
    for (const { asked, used, reasons } of result.result.report_counts) {
      expect(asked).toBe(200);
      expect(Object.values(reasons).reduce((sum, count) => sum + count, 0)).toBe(asked - used);
    }
    expect(result.result.report_counts.some(({ reasons }) => 'invented-name' in reasons)).toBe(
      true,
    );
    await result.close();
  });
});
