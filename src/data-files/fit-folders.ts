/**
 * Fits on disk: saved and read back whole, and written for Python and for R.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decodeText } from '../decode-text.js';
import { WeighbridgeError } from '../errors.js';
import { type CmdstanRun, readCmdstanCsv } from '../exchange/cmdstan-read.js';
import { type CmdstanCsvOptions, cmdstanCsv } from '../exchange/cmdstan-write.js';
import { type InferenceDataOptions, inferenceData } from '../exchange/inference-data.js';
import { decodeFit, encodeFit, fitFiles } from '../exchange/saved-fit.js';
import { packageVersion as version } from '../package-info.js';
import type { ChainRunner } from '../regression/chains.js';
import type { FittedRegression } from '../regression/fitted-regression.js';
import { type RegressionFit, revived } from '../regression/regression.js';
import { readBytes } from './read-bytes.js';
import { type FolderContent, requireOurs, writeFolder } from './write-folder.js';

type Kind = Pick<FolderContent, 'what' | 'isOurs'>;

const savedFit: Kind = {
  what: 'a saved fit',
  isOurs: (name) => (Object.values(fitFiles) as string[]).includes(name),
};

const zarrStore: Kind = {
  what: 'an InferenceData store',
  isOurs: (name) =>
    /^(\.zgroup|\.zattrs|\.zmetadata|posterior|sample_stats|log_likelihood|posterior_predictive|observed_data|constant_data)$/.test(
      name,
    ),
};

const cmdstanFolder: Kind = {
  what: 'CmdStan CSV files',
  isOurs: (name) => /^chain-\d+\.csv$/.test(name),
};

/** What a fit can be written as. */
export const fitFolders = { fit: savedFit, arviz: zarrStore, cmdstan: cmdstanFolder } as const;

/**
 * Fails before the work, not after it, where a fit could not be written there.
 * @throws WeighbridgeError `bad-argument`
 */
export async function requireFitFolder(
  folder: string,
  kind: keyof typeof fitFolders,
): Promise<void> {
  await requireOurs(folder, fitFolders[kind]);
}

/**
 * Saves a fit whole: `loadFit` gives the same fit back. A fit that was saved there before is
 * replaced in one step.
 * @throws WeighbridgeError `bad-argument` for a folder that holds other things or cannot be written
 */
export async function saveFit(fit: FittedRegression, folder: string): Promise<void> {
  await writeFolder(folder, { ...savedFit, files: encodeFit(fit, { version }) });
}

/** Whether `saveFit` would replace a fit there. */
export async function holdsFit(folder: string): Promise<boolean> {
  return stat(join(folder, fitFiles.fit)).then(
    () => true,
    () => false,
  );
}

/**
 * A fit that `saveFit` saved, with all that can be asked of it.
 * @param runner where `update` runs its chains; this thread where absent
 * @throws WeighbridgeError `no-fit` for a folder without a saved fit, `fit-version` for one of
 *   another version of the format, `damaged-fit` for one that is cut short or changed
 */
export async function loadFit(folder: string, runner?: ChainRunner): Promise<RegressionFit> {
  const files = new Map<string, Uint8Array>();
  for (const name of Object.values(fitFiles)) {
    try {
      files.set(name, await readFile(join(folder, name)));
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : '';
      if (code === 'ENOENT') continue;
      throw new WeighbridgeError('no-fit', `${join(folder, name)} cannot be read (${code})`, {
        cause,
      });
    }
  }
  try {
    return revived(decodeFit(files), runner);
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
  const files = inferenceData(fit, { version, ...options });
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
 * Reads CmdStan's CSV files, one a chain, in the order given.
 * @param paths files, or one folder: its files `*.csv`, numbers in their names in their order
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

/** Of a folder; a file stands for itself. */
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
  // chain-10 behind chain-2, on every machine.
  const { compare } = new Intl.Collator('en', { numeric: true });
  return names.sort(compare).map((name) => join(path, name));
}
