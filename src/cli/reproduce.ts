/** `weighbridge reproduce`: the paper's analysis on a folder of choices and reports. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCandidates } from '../authors-files/read-candidates.js';
import { readStudy } from '../authors-files/read-study.js';
import { WeighbridgeError } from '../errors.js';
import { fixturePath } from '../package-info.js';
import { fetchPublished } from '../published/published-data.js';
import type { UnitsOf } from '../result/answers.js';
import { analysisFlags, moreOf, showAnalysis, withFits, withResult } from './analysis.js';
import { addFlags, type FlagValues, optionalFlag } from './flags.js';
import { progressBar, requireWritable, warn } from './output.js';
import { inShard, shardFlag } from './shards.js';
import { onFirstStopSignal } from './signals.js';

const reproduceFlags = {
  data: optionalFlag(
    '--data <folder>',
    "a folder in the authors' layout, or 'published' to download their data (default: the simulated replica that ships with weighbridge)",
  ),
  ...analysisFlags,
  shard: shardFlag,
};

type ReproduceFlags = FlagValues<typeof reproduceFlags>;

export function addReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description("fit every regression of the paper and print its figures next to the data's");
  addFlags(command, reproduceFlags).action(runReproduce);
}

async function runReproduce(flags: ReproduceFlags): Promise<void> {
  const started = performance.now();
  await requireWritable(flags.json);
  const folder = await dataFolder(flags);
  if (flags.shard !== undefined) {
    return inShard({ ...flags, shard: flags.shard }, () => shardOf(folder, flags));
  }
  await withResult(flags, async (writer) => {
    const { study, result } = await withFits(flags, async (analyse) => {
      const study = await readStudy(folder, { outOfRangeReports: flags.outOfRange });
      warn(...study.warnings);
      return { study, result: await analyse(study, flags.weighChoices, moreOf(flags, writer)) };
    });
    const seconds = (performance.now() - started) / 1000;
    const extras = writer ? { unitsOf: await unitsFor(folder) } : {};
    await showAnalysis(study, result, flags, { seconds, writer, extras });
  });
}

/** Fits as far as a shard goes, with the draws that the result folder has. */
async function shardOf(folder: string, flags: ReproduceFlags): Promise<void> {
  await withFits(flags, async (analyse) => {
    const study = await readStudy(folder, { outOfRangeReports: flags.outOfRange });
    warn(...study.warnings);
    const observe = () => () => {};
    return analyse(study, flags.weighChoices, { latent: flags.latent, observe });
  });
}

/** The authors' file of contexts, with units; the layout has no other place for them. */
const CANDIDATES = 'candidate_scenarios.json';

/** Units, if known: for our own contexts, or from a file next to the data. */
async function unitsFor(folder: string): Promise<UnitsOf> {
  const own = await readCandidates(fixturePath('contexts.json'));
  // Nothing else depends on the file: if it cannot be read, only the units are lost.
  const theirs = await readCandidates(join(folder, CANDIDATES)).catch(() => []);
  const known = new Map([...own, ...theirs].map((one) => [one.short_name, one.attributes]));
  return ({ name, attributes }) => {
    const found = known.get(name);
    const same = found?.every((attribute, i) => attribute.name === attributes[i]?.name);
    return same ? found?.map(({ units }) => units) : undefined;
  };
}

/** The folder to read: the given one, the downloaded one, or the replica. */
async function dataFolder({ data, quiet }: ReproduceFlags): Promise<string> {
  if (data === undefined) return fixturePath('replica');
  if (data === '') throw new WeighbridgeError('bad-argument', '--data is empty: expected a folder');
  if (data !== 'published') return data;
  const bar = progressBar('downloading', quiet);
  const interrupted = new AbortController();
  const release = onFirstStopSignal(() =>
    interrupted.abort(
      new WeighbridgeError('download', 'download interrupted; complete files are kept'),
    ),
  );
  try {
    return await fetchPublished({
      signal: interrupted.signal,
      onProgress: ({ filesDone, filesTotal }) => bar.update({ done: filesDone, total: filesTotal }),
    });
  } finally {
    release();
    bar.stop();
  }
}
