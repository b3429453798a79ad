/**
 * Posteriors of posteriordb (Magnusson et al. 2025): summaries of their reference draws, which
 * summaries.R wrote, and their data, which are read from a clone of github.com/stan-dev/posteriordb
 * beside the project, or at the path `POSTERIORDB`; some also from the folder of references beside the
 * project. Tests of a posterior without data are skipped.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { expect } from 'vitest';
import type { FitData } from '../../../src/fit/fit.js';
import { mcseSd } from '../../../src/posterior/convergence.js';
import { parameterDraws } from '../../../src/posterior/draws.js';

const clone =
  process.env.POSTERIORDB ?? fileURLToPath(new URL('../../../../posteriordb', import.meta.url));
const database = join(clone, 'posterior_database');

/** Data sets that are there without a clone, one posterior of each. */
const references = fileURLToPath(
  new URL('../../../../shared/reference/posteriordb', import.meta.url),
);

const dataSetOf = (posterior: string) => posterior.split('-')[0];

const referenceOf = (posterior: string): string | undefined =>
  existsSync(references)
    ? readdirSync(references).find((file) => dataSetOf(file) === dataSetOf(posterior))
    : undefined;

const zipOf = (posterior: string) =>
  join(database, 'data', 'data', `${dataSetOf(posterior)}.json.zip`);

export const hasData = ({ posterior }: { readonly posterior: string }): boolean =>
  existsSync(zipOf(posterior)) || referenceOf(posterior) !== undefined;

/** For the title of tests that need the data. */
export const skipped = existsSync(database)
  ? ''
  : ' (some are skipped: there is no clone ../posteriordb)';

/** A column a measure and a place a parameter. */
interface Summary extends Readonly<Record<'mean' | 'sd' | 'mcse_mean' | 'mcse_sd', Numbers>> {
  readonly name: string;
  readonly parameters: readonly string[];
}

export type Numbers = readonly number[];

/** The data of a posterior by Stan's names. */
export type Data = Readonly<Record<string, number | Numbers | readonly Numbers[]>>;

export const summaries: readonly Summary[] = JSON.parse(
  readFileSync(new URL('summaries.json', import.meta.url), 'utf8'),
);

/** @param posterior `data-model`, as posteriordb names it */
export function dataOf(posterior: string): Data {
  const reference = referenceOf(posterior);
  if (existsSync(zipOf(posterior)) || reference === undefined) {
    const data: Data = JSON.parse(onlyEntry(readFileSync(zipOf(posterior))));
    return data;
  }
  const { data }: { data: Data } = JSON.parse(readFileSync(join(references, reference), 'utf8'));
  return data;
}

/** The text of a ZIP file with one entry (APPNOTE 4.3.7): a header, then deflated data. */
function onlyEntry(zip: Buffer): string {
  const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28);
  return inflateRawSync(zip.subarray(start)).toString('utf8');
}

export function numbersOf(data: Data, name: string): Numbers {
  const value = data[name];
  if (Array.isArray(value) && value.every((one) => typeof one === 'number')) return value;
  throw new Error(`${name} is no list of numbers`);
}

export function numberOf(data: Data, name: string): number {
  const value = data[name];
  if (typeof value === 'number') return value;
  throw new Error(`${name} is no number`);
}

export function matrixOf(data: Data, name: string): readonly Numbers[] {
  const value = data[name];
  if (!Array.isArray(value)) throw new Error(`${name} is no matrix`);
  return value.map((row) => (Array.isArray(row) ? row : [row]));
}

/**
 * Means within 4 combined Monte Carlo errors; standard deviations within 5%, and 4 of theirs.
 *
 * @param names ours, in posteriordb's order; null for one that we do not report
 */
export function expectAgreement(
  { draws, parameters }: FitData,
  posterior: string,
  names: readonly (string | null)[],
): void {
  const theirs = summaries.find(({ name }) => name === posterior);
  if (!theirs) throw new Error(`no summary of ${posterior}: run summaries.R`);
  expect(names.length).toBe(theirs.parameters.length);
  theirs.parameters.forEach((label, i) => {
    const name = names[i];
    if (name === null) return;
    const ours = parameters.find((row) => row.name === name);
    if (!ours) throw new Error(`no ${name}`);
    const [mean, sd] = [theirs.mean[i], theirs.sd[i]];
    const error = Math.hypot(ours.mcseMean, theirs.mcse_mean[i]);
    expect(Math.abs(ours.mean - mean), `mean of ${label}, ${ours.mean} and ${mean}`).toBeLessThan(
      4 * error,
    );
    const own = mcseSd(parameterDraws(draws, name), draws.chains);
    const bound = 0.05 * sd + 4 * Math.hypot(own, theirs.mcse_sd[i]);
    expect(Math.abs(ours.sd - sd), `sd of ${label}, ${ours.sd} and ${sd}`).toBeLessThan(bound);
    expect(ours.rhat, label).toBeLessThan(1.01);
  });
}
