/** Fits in folders: whole or not at all, and never in place of somebody else's files. */
import { deepStrictEqual } from 'node:assert';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  loadCmdstanCsv,
  loadFit,
  saveCmdstanCsv,
  saveFit,
  saveInferenceData,
} from '../../src/data-files/fit-folders.js';
import { encodeFit } from '../../src/exchange/saved-fit.js';
import { madeUpFit } from '../exchange/support.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let folder = '';
let remove = async () => {};
beforeEach(async () => {
  ({ folder, remove } = await temporaryFolder());
});
afterEach(() => remove());
const at = (...parts: string[]) => join(folder, ...parts);

describe('a saved fit', () => {
  it('is read back the same, wherever its folder is made', async () => {
    const fit = madeUpFit();
    await saveFit(fit, at('new', 'deep'));
    expect((await readdir(at('new', 'deep'))).sort()).toEqual(['draws.f64', 'fit.json']);
    deepStrictEqual(encodeFit(await loadFit(at('new', 'deep'))), encodeFit(fit));
  });

  it('can be asked what the fit could be asked', async () => {
    await saveFit(madeUpFit(), at('fit'));
    const fit = await loadFit(at('fit'));
    expect(fit.draws.parameterNames).toContain('b_x:z');
    expect(typeof fit.summary).toBe('function');
  });

  it('takes the place of one that was there, and leaves nothing beside it', async () => {
    await saveFit(madeUpFit({ draws: 5 }), at('fit'));
    await saveFit(madeUpFit({ draws: 7 }), at('fit'));
    expect((await loadFit(at('fit'))).draws.drawsPerChain).toBe(7);
    expect(await readdir(folder)).toEqual(['fit']);
  });

  it('is written to where a link points, and the link stays', async () => {
    await mkdir(at('real'));
    await symlink(at('real'), at('link'));
    await saveFit(madeUpFit(), at('link'));
    expect((await readdir(at('real'))).sort()).toEqual(['draws.f64', 'fit.json']);
  });

  it('is refused a folder of something else, which stays as it is', async () => {
    await mkdir(at('mine'));
    await writeFile(at('mine', 'thesis.txt'), 'mine');
    await expect(saveFit(madeUpFit(), at('mine'))).rejects.toThrow(
      `cannot write a saved fit to ${at('mine')}: it holds thesis.txt, which does not belong to one; choose another folder`,
    );
    await expect(saveFit(madeUpFit(), at('mine', 'thesis.txt'))).rejects.toThrow(
      `cannot write a saved fit to ${at('mine', 'thesis.txt')}: it is a file`,
    );
    await expect(saveFit(madeUpFit(), '')).rejects.toThrow(/is empty: expected a path$/);
    expect(await readFile(at('mine', 'thesis.txt'), 'utf8')).toBe('mine');
    expect(await readdir(folder)).toEqual(['mine']);
  });

  it('stays the old one where the new one cannot be written', async () => {
    await saveFit(madeUpFit({ draws: 5 }), at('fit'));
    const { frame, ...rest } = madeUpFit();
    const unwritable = { ...rest, frame: { ...frame, odd: () => 1 } };
    await expect(saveFit(unwritable, at('fit'))).rejects.toThrow(/expected plain data/);
    expect((await loadFit(at('fit'))).draws.drawsPerChain).toBe(5);
  });

  it('is refused by name where it is missing or damaged', async () => {
    await expect(loadFit(at('none'))).rejects.toThrow(
      `${at('none')}: fit.json is missing: expected a saved fit`,
    );
    await saveFit(madeUpFit(), at('fit'));
    await writeFile(at('fit', 'draws.f64'), 'x');
    await expect(loadFit(at('fit'))).rejects.toThrow(
      new RegExp(`^${at('fit')}: draws\\.f64 is damaged: 1 bytes, expected \\d+`),
    );
  });
});

it('of what is no fit nothing is written', async () => {
  const writers = [saveFit, saveInferenceData, saveCmdstanCsv];
  const expected = 'expected a fit, as regression() and loadFit() give one, found';
  for (const write of writers) {
    for (const [given, found] of [
      [{}, 'an object'],
      [undefined, 'undefined'],
      ['fit', "the text 'fit'"],
      [Promise.resolve(madeUpFit()), 'a Promise: await it'],
      [madeUpFit().draws, 'an object'],
    ] as const) {
      const writing = write(given as never, at('fit'));
      await expect(writing).rejects.toThrow(`${expected} ${found}`);
      await expect(writing).rejects.toMatchObject({ code: 'bad-argument' });
    }
  }
  expect(await readdir(folder)).toEqual([]);
});

describe('an InferenceData store', () => {
  it('is a folder of groups, written over by the next one', async () => {
    await saveInferenceData(madeUpFit(), at('store'));
    await saveInferenceData(madeUpFit(), at('store'));
    expect((await readdir(at('store'))).sort()).toEqual([
      '.zattrs',
      '.zgroup',
      '.zmetadata',
      'constant_data',
      'log_prior',
      'observed_data',
      'posterior',
      'sample_stats',
    ]);
    expect(await readdir(at('store', 'posterior', 'b_x:z'))).toContain('0.0');
  });

  it('is refused a store that somebody added a group to', async () => {
    await saveInferenceData(madeUpFit(), at('store'));
    await mkdir(at('store', 'prior'));
    await expect(saveInferenceData(madeUpFit(), at('store'))).rejects.toThrow(/it holds prior,/);
  });
});

describe('CmdStan CSV', () => {
  it('is a file a chain, which reads back as the same draws', async () => {
    const fit = madeUpFit({ chains: 3 });
    await saveCmdstanCsv(madeUpFit({ chains: 4 }), at('csv'));
    await saveCmdstanCsv(fit, at('csv'));
    const names = (await readdir(at('csv'))).sort();
    expect(names).toEqual(['chain-1.csv', 'chain-2.csv', 'chain-3.csv']);
    const read = await loadCmdstanCsv(names.map((name) => at('csv', name)));
    expect(read.draws).toEqual(fit.draws);
  });

  it('is read from a folder too, by the numbers of its chains, and from one file', async () => {
    const fit = madeUpFit({ chains: 11, draws: 4 });
    await saveCmdstanCsv(fit, at('csv'));
    await writeFile(at('csv', 'notes.txt'), 'mine');
    expect((await loadCmdstanCsv(at('csv'))).draws).toEqual(fit.draws);
    const { draws } = await loadCmdstanCsv(at('csv', 'chain-1.csv'));
    expect(draws).toMatchObject({ chains: 1, drawsPerChain: 4 });
    await mkdir(at('none'));
    await expect(loadCmdstanCsv(at('none'))).rejects.toThrow(
      `${at('none')} holds no *.csv: expected one a chain`,
    );
    await expect(loadCmdstanCsv(at('nowhere'))).rejects.toThrow(/nowhere is missing: expected a /);
  });

  it('is refused with the name of the file', async () => {
    await writeFile(at('other.csv'), 'x,y\n1,2\n');
    await expect(loadCmdstanCsv([at('other.csv')])).rejects.toThrow(/^other\.csv, line 1: /);
    await expect(loadCmdstanCsv([at('none.csv')])).rejects.toThrow(
      `${at('none.csv')} is missing: expected a CSV file of CmdStan`,
    );
  });
});
