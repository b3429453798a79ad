/**
 * Shards of a command: `--shard 3/64` makes a part of its fits, and `weighbridge merge` puts the parts together, by
 * running the command again with their results.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
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
import { optionalFlag } from './flags.js';
import { STANDARD_OUTPUT } from './output.js';

export const shardFlag = optionalFlag<Shard>(
  '--shard <k/n>',
  'make the k-th of n parts of the fits, and write it to the folder of --out; `weighbridge merge` joins all parts',
  parseShard,
);

/** What the runner of this process is for; set by the command that began. */
let part: { readonly writer: ShardWriter } | { readonly merged: MergedShards } | null = null;

/** The runner for the fits of a command: itself, or of a shard, or of what shards have made. */
export function partOf(runner: FitRunner): FitRunner {
  if (part === null) return runner;
  return 'writer' in part ? shardRunner(runner, part.writer) : part.merged.runner(runner);
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
  '--workers': true,
  '--on': true,
  '--queue-prefix': true,
  '--resume': true,
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

/**
 * Runs a command as far as a shard can, and writes the shard.
 * @param work ends with the error `other-shard` where it needs the fits of other shards
 * @throws WeighbridgeError `bad-argument` for a command without a part that shards can share
 */
export async function inShard(
  { shard, out }: ShardFlags & { readonly shard: Shard },
  work: () => Promise<unknown>,
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
  const command = commandWords(process.argv.slice(2));
  const writer = new ShardWriter(out, { command, shard, environment });
  part = { writer };
  try {
    await work();
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
  process.stdout.write(`shard ${shard.number}/${shard.of}: ${made} of ${fits} fits, in ${out}\n`);
}

export function addMerge(program: Command): void {
  program
    .command('merge')
    .description('join all shards of a command: the result is that of the command without shards')
    .argument('<out>', 'for reproduce a result folder, for plan a file of JSON')
    .argument('<shards...>', 'the folders of all shards, in any order')
    .action(async (out: string, shards: readonly string[]) => {
      const merged = readShards(shards);
      part = { merged };
      const [name = ''] = merged.command;
      const target = name === 'plan' ? '--json' : '--out';
      if (out === STANDARD_OUTPUT && target === '--out') {
        throw new WeighbridgeError('bad-argument', `${name} writes a folder: expected its name`);
      }
      const { run } = await import('./run.js');
      try {
        const code = await run([...merged.command, target, out]);
        if (code !== 0) process.exitCode = code;
      } finally {
        part = null;
      }
    });
}
