/**
 * What the writers of result folders with sections share. `result.json` goes first and comes last, so
 * that a folder with one is complete; files with other names are left alone.
 */
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { makeFolder, writeWhole } from '../data-files/write-files.js';
import { float64Bytes } from '../exchange/bytes.js';
import { drawsRecord } from '../posterior/summary.js';
import { resultFiles } from './format.js';
import { drawsBytes, RESULT_FORMAT, RESULT_VERSION, type ResultKind } from './schema-parts.js';
import type { Section, StoredSection } from './sections.js';
import { requireOurs } from './write-result.js';

/**
 * Makes the folder, and removes the `result.json` of an earlier result.
 * @throws WeighbridgeError `bad-argument` if the folder cannot be written, or has a foreign `result.json`
 */
export async function beginFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  await requireOurs(folder);
  await rm(join(folder, resultFiles.result), { force: true });
}

/** The first keys of `result.json`. */
export function headOf<Kind extends ResultKind>(kind: Kind) {
  return { format: RESULT_FORMAT, format_version: RESULT_VERSION, kind } as const;
}

/** The program and the machine that write. */
export function environment(): { node: string; platform: string } {
  return { node: process.version, platform: `${platform()} ${arch()}` };
}

/** Writes `result.json`, after which the folder is complete. */
export async function sealFolder(folder: string, document: object): Promise<void> {
  await writeWhole(join(folder, resultFiles.result), `${JSON.stringify(document, null, 1)}\n`);
}

/** The sections with the places of their draws in place of the draws. */
export function storedSections(sections: readonly Section[]): StoredSection[] {
  let offset = 0;
  return sections.map(({ fits, ...section }) => ({
    ...section,
    fits: fits.map(({ draws, ...fit }) => {
      if (!draws) return fit;
      const place = { ...drawsRecord(draws), offset };
      offset += drawsBytes(place);
      return { ...fit, draws: place };
    }),
  }));
}

/** Writes `draws.f64`. */
export async function writeDraws(folder: string, sections: readonly Section[]): Promise<void> {
  const path = join(folder, resultFiles.draws);
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, drawsOf(sections));
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

function* drawsOf(sections: readonly Section[]): Iterable<Uint8Array> {
  for (const { fits } of sections) {
    for (const { draws } of fits) if (draws) yield float64Bytes(draws.values);
  }
}

/** Sizes of data files, in bytes. */
export async function sizesOf(
  folder: string,
  names: readonly string[],
): Promise<Record<string, number>> {
  const all: Record<string, number> = {};
  for (const name of names) all[name] = (await stat(join(folder, name))).size;
  return all;
}
