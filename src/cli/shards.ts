/**
 * Shards of a command: `--shard 3/64` makes a part of its fits, and `weighbridge merge` puts the parts together, by
 * running the command again with their results.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { badArgument } from '../checks/values.js';
import { requireKept } from '../data-files/kept-fits.js';
import { makeFolder, writeWhole } from '../data-files/write-files.js';
import {
  type MergedShards,
  parseShard,
  readShards,
  type Shard,
  ShardWriter,
  shardRunner,
} from '../distribution/shards.js';
import { isWeighbridgeError, WeighbridgeError } from '../errors.js';
import type { FitRunner } from '../fit/job.js';
import { EndsWith } from './exit-codes.js';
import {
  addFlags,
  Flag,
  type FlagValues,
  flagText,
  givenFlags,
  optionalFlag,
  quietFlag,
  workerFlags,
} from './flags.js';
import { STANDARD_OUTPUT } from './output.js';

export const shardFlag = optionalFlag<Shard>(
  '--shard <k/n>',
  'make the k-th of n parts of the fits, and write it to the folder of --out; `weighbridge merge` joins all parts',
  parseShard,
);

/**
 * The flag of a command that has no shards.
 * @param why ends the sentence that refuses it
 */
export function noShards(why: string): Flag<undefined> {
  const refused = new Flag<undefined>('--shard <k/n>').hideHelp();
  return refused.argParser(() => {
    throw badArgument(`--shard: ${why}`, { option: '--shard' });
  });
}

/** What the runner of this process is for; set by the command that began. */
let part: { readonly writer: ShardWriter; readonly shard: Shard } | MergedPart | null = null;

interface MergedPart {
  readonly merged: MergedShards;
  /** Folder of the draws of all shards; what is fitted at the end is saved there too. */
  readonly keepDraws: string | undefined;
}

/** The shard that this process makes, as a part of a name; empty if it makes none. */
export function shardInName(): string {
  return part !== null && 'shard' in part ? `-${part.shard.number}of${part.shard.of}` : '';
}

/** The runner for the fits of a command: itself, or of a shard, or of what shards have made. */
export function partOf(runner: FitRunner): FitRunner {
  if (part === null) return runner;
  if ('writer' in part) return shardRunner(runner, part.writer);
  const { merged, keepDraws } = part;
  return merged.runner(runner, (names) => {
    if (keepDraws !== undefined) requireKept(keepDraws, names);
  });
}

/** What shards have made, while `merge` runs their command; otherwise null. */
export function mergedShards(): MergedShards | null {
  return part !== null && 'merged' in part ? part.merged : null;
}

interface ShardFlags {
  readonly shard?: Shard | undefined;
  /** Folder of the shard. */
  readonly out?: string | undefined;
}

/** Flags that change where a command runs and what it writes, not what it finds; whether each has a value. */
const notOfCommand: Readonly<Record<string, boolean>> = {
  '--shard': true,
  '--out': true,
  '--keep-draws': true,
  '--workers': true,
  '--on': true,
  '--queue-prefix': true,
  '--resume': true,
  '--data-folder': true,
  '--json': true,
  '--weights': true,
  '--plot': true,
  '--quiet': false,
  '--png': false,
};

/** The command line without what does not change its results. */
export function commandWords(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const [name = ''] = (words[i] ?? '').split('=');
    const hasValue = Object.hasOwn(notOfCommand, name) ? notOfCommand[name] : undefined;
    if (hasValue === undefined) kept.push(words[i] ?? '');
    else if (hasValue && name === words[i]) i++;
  }
  return kept;
}

/** The flags of a command that change its results, in the order of its help: for one whose argument is its folder. */
export function flagWords(command: Command): string[] {
  return givenFlags(command)
    .filter((option) => !Object.hasOwn(notOfCommand, flagText(option)))
    .flatMap((option) => [
      flagText(option),
      String(command.getOptionValue(option.attributeName())),
    ]);
}

interface ShardedWork {
  /** The command, without what does not change its results. @default `commandWords` */
  readonly command?: readonly string[];
  /** What is shared. @default 'fits' */
  readonly what?: string;
}

/**
 * Runs a command as far as a shard can, and writes the shard.
 * @param work ends with the error `other-shard` where it needs the fits of other shards
 * @throws WeighbridgeError `bad-argument` for a command without a part that shards can share
 */
export async function inShard(
  { shard, out }: ShardFlags & { readonly shard: Shard },
  work: (writer: ShardWriter) => Promise<unknown>,
  { command = commandWords(process.argv.slice(2)), what = 'fits' }: ShardedWork = {},
): Promise<void> {
  if (out === undefined || out === '') {
    throw new WeighbridgeError(
      'bad-argument',
      '--shard needs --out: expected a folder for the shard',
      {
        details: { option: '--out' },
      },
    );
  }
  await makeFolder(out);
  const cpu = cpus()[0]?.model ?? 'unknown';
  const environment = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu,
  };
  const writer = new ShardWriter(out, { command: [...command], shard, environment });
  part = { writer, shard };
  try {
    await work(writer);
  } catch (error) {
    if (!isWeighbridgeError(error, 'other-shard')) throw error;
  } finally {
    part = null;
  }
  const head = writer.close();
  const { fits, made } = writer.counts;
  if (fits === 0) {
    throw new WeighbridgeError(
      'bad-argument',
      'the command has too few fits to share: expected it without --shard',
      { details: { option: '--shard' } },
    );
  }
  await writeWhole(join(out, 'shard.json'), head);
  process.stdout.write(
    `shard ${shard.number}/${shard.of}: ${made} of ${fits} ${what}, in ${out}\n`,
  );
}

/** How each command that has shards names what it writes; the others by `--out`, a folder. */
const outputs: Readonly<Record<string, string | null>> = {
  plan: '--json',
  calibrate: '--json',
  explain: null,
};

/** @throws WeighbridgeError `bad-argument` for a folder that is to be standard output */
function outputWords([name = '']: readonly string[], out: string): string[] {
  const flag = Object.hasOwn(outputs, name) ? outputs[name] : '--out';
  if (out === STANDARD_OUTPUT && flag !== '--json') {
    throw new WeighbridgeError('bad-argument', `${name} writes a folder: expected its name`);
  }
  return flag ? [flag, out] : [out];
}

export function addMerge(program: Command): void {
  const command = program
    .command('merge')
    .description('join all shards of a command: the result is that of the command without shards')
    .argument('<out>', 'what the command writes: for plan and calibrate JSON, otherwise a folder')
    .argument('<shards...>', 'the folders of all shards, in any order');
  addFlags(command, mergeFlags).action(merge);
}

const mergeFlags = {
  workers: workerFlags.workers,
  quiet: quietFlag,
  keepDraws: optionalFlag(
    '--keep-draws <folder>',
    'the folder with the fits that --keep-draws of all shards saved; fits that are left for the end are saved there too',
  ),
};

async function merge(
  out: string,
  shards: readonly string[],
  { keepDraws, workers, quiet }: FlagValues<typeof mergeFlags>,
): Promise<void> {
  const merged = readShards(shards);
  if (keepDraws !== undefined && merged.command[0] === 'explain') {
    throw badArgument('--keep-draws: explain run saves no fits, expected it without', {
      option: '--keep-draws',
    });
  }
  const more = [
    ...['--workers', String(workers)],
    ...(keepDraws === undefined ? [] : ['--keep-draws', keepDraws]),
    ...(quiet ? ['--quiet'] : []),
  ];
  part = { merged, keepDraws };
  const { run } = await import('./run.js');
  try {
    const code = await run([...merged.command, ...outputWords(merged.command, out), ...more]);
    if (code !== 0) throw new EndsWith(code);
  } finally {
    part = null;
  }
}
