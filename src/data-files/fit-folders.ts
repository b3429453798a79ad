/**
 * Saves and loads fits, and exports them for Python and R.
 */

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { WeighbridgeError } from '../errors.js';
import { type CmdstanRun, readCmdstanCsv } from '../exchange/cmdstan-read.js';
import { type CmdstanCsvOptions, cmdstanCsv } from '../exchange/cmdstan-write.js';
import { type InferenceDataOptions, inferenceData } from '../exchange/inference-data.js';
import { decodeFit, encodeFit, fitFiles } from '../exchange/saved-fit.js';
import type { FitRunner } from '../fit/job.js';
import { packageVersion as version } from '../package-info.js';
import type { FittedRegression } from '../regression/fitted-regression.js';
import { fitFromData, type RegressionFit } from '../regression/regression.js';
import { decodeText, readBytes } from './read-bytes.js';
import { type FolderContent, requireOurs, writeFolder } from './write-files.js';

type Kind = Pick<FolderContent, 'what' | 'isOurs'>;

const savedFit: Kind = {
  what: 'a saved fit',
  isOurs: (name) => (Object.values(fitFiles) as string[]).includes(name),
};

const zarrStore: Kind = {
  what: 'an InferenceData store',
  isOurs: (name) =>
    /^(\.zgroup|\.zattrs|\.zmetadata|posterior|sample_stats|log_prior|log_likelihood|posterior_predictive|observed_data|constant_data)$/.test(
      name,
    ),
};

const cmdstanFolder: Kind = {
  what: 'CmdStan CSV files',
  isOurs: (name) => /^chain-\d+\.csv$/.test(name),
};

/** Export formats of a fit. */
const fitFolders = { fit: savedFit, arviz: zarrStore, cmdstan: cmdstanFolder } as const;

/**
 * Checks before fitting that a fit can be written to the folder.
 * @throws WeighbridgeError `bad-argument`
 */
export async function requireFitFolder(
  folder: string,
  kind: keyof typeof fitFolders,
): Promise<void> {
  await requireOurs(folder, fitFolders[kind]);
}

/**
 * Saves a complete fit, which `loadFit` restores. An existing fit in the folder is replaced
 * atomically.
 * @throws WeighbridgeError `bad-argument` for a folder that holds other things or cannot be written
 */
export async function saveFit(fit: FittedRegression, folder: string): Promise<void> {
  await saveEncodedFit(encodeFit(fit, { version }), folder);
}

/** Like `saveFit`, of the files of `encodeFit`. */
export async function saveEncodedFit(
  files: ReadonlyMap<string, Uint8Array>,
  folder: string,
): Promise<void> {
  await writeFolder(folder, { ...savedFit, files });
}

/** Whether the folder contains a fit that `saveFit` would replace. */
export async function holdsFit(folder: string): Promise<boolean> {
  return stat(join(folder, fitFiles.fit)).then(
    () => true,
    () => false,
  );
}

/**
 * Loads a fit saved by `saveFit`, with all methods of a fit.
 * @param runner where `update` runs its chains. @default this thread
 * @throws WeighbridgeError `wrong-format` if the folder has no saved fit, `wrong-version` if the
 *   format version is not supported, `damaged` if the fit is truncated or changed
 */
export async function loadFit(folder: string, runner?: FitRunner): Promise<RegressionFit> {
  const files = new Map<string, Uint8Array>();
  for (const name of Object.values(fitFiles)) {
    try {
      files.set(name, await readFile(join(folder, name)));
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : '';
      if (code === 'ENOENT') continue;
      throw new WeighbridgeError('wrong-format', `${join(folder, name)} cannot be read (${code})`, {
        cause,
      });
    }
  }
  try {
    return fitFromData(decodeFit(files), runner);
  } catch (error) {
    if (!(error instanceof WeighbridgeError)) throw error;
    throw new WeighbridgeError(error.code, `${folder}: ${error.message}`, { cause: error });
  }
}

/**
 * Writes a fit as a Zarr store for `arviz.from_zarr(folder)`.
 * @throws WeighbridgeError `bad-argument` for a folder that holds other things or cannot be written
 */
export async function saveInferenceData(
  fit: FittedRegression,
  folder: string,
  options: InferenceDataOptions = {},
): Promise<void> {
  const files = inferenceData(fit, { version, deflate: deflateSync, ...options });
  await writeFolder(folder, { ...zarrStore, files });
}

/**
 * Writes the chains of a fit as `chain-1.csv` and so on, for `cmdstanr::read_cmdstan_csv`,
 * `rstan::read_stan_csv` and `stansummary`.
 * @throws WeighbridgeError `bad-argument` for a folder that holds other things or cannot be written
 */
export async function saveCmdstanCsv(
  fit: FittedRegression,
  folder: string,
  options: CmdstanCsvOptions = {},
): Promise<void> {
  const texts = cmdstanCsv(fit, { version, ...options });
  const files = new Map(texts.map((text, i) => [`chain-${i + 1}.csv`, text]));
  await writeFolder(folder, { ...cmdstanFolder, files });
}

/**
 * Reads CmdStan's CSV files, one per chain, in the given order.
 * @param paths files, or one folder, whose `*.csv` files are sorted by the numbers in their names
 * @throws WeighbridgeError `missing-file`, `bad-data` with file and line
 */
export async function loadCmdstanCsv(paths: string | readonly string[]): Promise<CmdstanRun> {
  const files = typeof paths === 'string' ? await csvFiles(paths) : paths;
  const names = files.map((path) => basename(path));
  const texts: string[] = [];
  for (const [i, path] of files.entries()) {
    const bytes = await readBytes(path, 'a CSV file of CmdStan');
    texts.push(decodeText(bytes, names[i] ?? path));
  }
  return readCmdstanCsv(texts, names);
}

/** The CSV files of a folder, or the file itself. */
async function csvFiles(path: string): Promise<readonly string[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return [path];
  const names = (await readdir(path)).filter((name) => /\.csv$/i.test(name));
  if (names.length === 0) {
    throw new WeighbridgeError('missing-file', `${path} holds no *.csv: expected one a chain`);
  }
  // Sorts chain-10 after chain-2, independently of the locale.
  const { compare } = new Intl.Collator('en', { numeric: true });
  return names.sort(compare).map((name) => join(path, name));
}
