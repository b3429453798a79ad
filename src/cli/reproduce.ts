/** `weighbridge reproduce`: the paper's analysis on a folder of choices and reports. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { WeighbridgeError } from '../errors.js';
import { fixturePath } from '../package-info.js';
import type { UnitsOf } from '../report/result-folder/asked.js';
import { readCandidates } from '../study/candidates.js';
import { fetchPublished } from '../study/published-data.js';
import { readStudy } from '../study/read-study.js';
import {
  type AnalysisFlags,
  addAnalysisOptions,
  showAnalysis,
  warn,
  withFits,
} from './analysis.js';
import { requireWritable } from './output.js';
import { progressBar } from './progress.js';
import { withResult } from './result.js';

interface ReproduceFlags extends AnalysisFlags {
  data?: string;
}

export function addReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description("fit every regression of the paper and print its figures beside the data's")
    .option(
      '--data <folder>',
      "a folder in the authors' layout, or 'published' to download their data (default: the simulated replica that ships with weighbridge)",
    );
  addAnalysisOptions(command).action(runReproduce);
}

async function runReproduce(flags: ReproduceFlags): Promise<void> {
  const started = performance.now();
  if (flags.json !== undefined && flags.json !== '-') await requireWritable(flags.json);
  const folder = await dataFolder(flags);
  await withResult(flags, async (writer) => {
    const { study, result } = await withFits(flags, async (analyse) => {
      const study = await readStudy(folder, { outOfRangeReports: flags.outOfRange });
      warn(study.warnings);
      return { study, result: await analyse(study, flags.weighChoices, writer?.observe) };
    });
    const seconds = (performance.now() - started) / 1000;
    const extras = writer ? { unitsOf: await unitsFor(folder) } : {};
    await showAnalysis(study, result, flags, { seconds, writer, extras });
  });
}

/** The authors' file of contexts with units; the layout itself has no place for them. */
const CANDIDATES = 'candidate_scenarios.json';

/** Units are shown where they are known: those of our own contexts, or of a file beside the data. */
async function unitsFor(folder: string): Promise<UnitsOf> {
  const own = await readCandidates(fixturePath('contexts.json'));
  // Nothing else depends on the file: one that cannot be read costs the units alone.
  const theirs = await readCandidates(join(folder, CANDIDATES)).catch(() => []);
  const known = new Map([...own, ...theirs].map((one) => [one.short_name, one.attributes]));
  return ({ name, attributes }) => {
    const found = known.get(name);
    const same = found?.every((attribute, i) => attribute.name === attributes[i]?.name);
    return same ? found?.map(({ units }) => units) : undefined;
  };
}

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The folder to read: the one given, the downloaded one, or the replica. */
async function dataFolder({ data, quiet }: ReproduceFlags): Promise<string> {
  if (data === undefined) return fixturePath('replica');
  if (data === '') throw new WeighbridgeError('bad-argument', '--data is empty: expected a folder');
  if (data !== 'published') return data;
  const bar = progressBar('downloading', quiet);
  const interrupted = new AbortController();
  const onInterrupt = () =>
    interrupted.abort(
      new WeighbridgeError('download', 'download interrupted; files already whole are kept'),
    );
  for (const signal of STOPPING) process.once(signal, onInterrupt);
  try {
    return await fetchPublished({
      signal: interrupted.signal,
      onProgress: ({ filesDone, filesTotal }) => bar.update(filesDone, filesTotal),
    });
  } finally {
    for (const signal of STOPPING) process.off(signal, onInterrupt);
    bar.stop();
  }
}
