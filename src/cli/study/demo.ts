/**
 * `weighbridge study demo`: the paper's three experiments from first to last with no key and no
 * network: a simulated model server on loopback, training, collection, fits, table.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import pc from 'picocolors';
import { WeighbridgeError } from '../../errors.js';
import type { ConfigurationInput } from '../../harness/configuration/schema.js';
import { createStudy } from '../../harness/create-study.js';
import { wholeNumber } from '../options.js';
import { requireWritable } from '../output.js';
import { requireResultFolder } from '../result.js';
import { type AnalyseFlags, addAnalyseOptions, analyseStudy } from './analyse.js';
import { collectStudy } from './run.js';

interface DemoFlags extends AnalyseFlags {
  contexts: number;
  keep?: string;
}

export function addDemo(study: Command): void {
  const command = study
    .command('demo')
    .description(
      'the whole study on a simulated model server: no key, no network, no language model',
    )
    .option(
      '--contexts <n>',
      'instilled contexts, and as many native ones; the paper has 100',
      wholeNumber(20, 106),
      100,
    )
    .option('--keep <folder>', 'leave the study in this folder');
  addAnalyseOptions(command).action(runDemo);
}

async function runDemo(flags: DemoFlags): Promise<void> {
  if (flags.json !== undefined && flags.json !== '-') await requireWritable(flags.json);
  await requireResultFolder(flags);
  const folder = flags.keep ?? (await mkdtemp(join(tmpdir(), 'weighbridge-demo-')));
  const say = (line: string) => {
    if (!flags.quiet) process.stderr.write(`${pc.bold(line)}\n`);
  };
  const server = await startServer();
  try {
    say(`simulated model server at ${server.url}`);
    await createStudy(folder, demoConfiguration(server.url, flags));
    await collectStudy(folder, { retryFailed: false, quiet: flags.quiet });
    say('fitting');
    await analyseStudy(folder, flags);
    if (flags.keep) process.stdout.write(`the study is in ${folder}\n`);
  } finally {
    server.stop();
    if (!flags.keep) await rm(folder, { recursive: true, force: true });
  }
}

/** In a process of its own, as a real server is: the two share the machine's cores. */
async function startServer(): Promise<{ url: string; stop: () => void }> {
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'simulate', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () => void child.kill('SIGTERM');
  process.once('exit', stop);
  return {
    url: await firstUrl(child),
    stop: () => {
      process.off('exit', stop);
      stop();
    },
  };
}

async function firstUrl(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new RangeError('the server has no output to read');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  const [url] = /http:\/\/\S+/.exec(String(line)) ?? [];
  if (url) return url;
  throw new WeighbridgeError('server', 'the simulated model server did not start');
}

/** The paper's study on a server without limits. */
function demoConfiguration(url: string, { contexts, weighChoices }: DemoFlags): ConfigurationInput {
  return {
    study: 'demo',
    server: {
      base_url: url,
      key_variable: null,
      logprobs: weighChoices === 'by-probability',
      concurrency: 64,
      requests_per_minute: null,
      tokens_per_minute: null,
      poll_seconds: 0.1,
    },
    models: [
      { name: 'gpt-4o-2024-08-06' },
      { name: 'gpt-4o-mini-2024-07-18', fine_tuning: { learning_rate_multiplier: 1.8 } },
    ],
    contexts: { instilled: contexts, native: contexts },
  };
}
