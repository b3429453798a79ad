#!/usr/bin/env node
/** The command line: parses, calls, prints. Bad input ends with one clear line and exit code 2. */
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { WeighbridgeError } from '../errors.js';
import { packageVersion } from '../package-info.js';

const BAD_INPUT = 2;
const INTERNAL = 1;
const INTERRUPTED = 130;

// A reader that has seen enough, as `head` has, is no error, and other output is still to be written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`${pc.red('error:')} cannot write to standard output: ${error.message}\n`);
  process.exitCode = BAD_INPUT;
});
process.stderr.on('error', () => {});

/** In the order of the help. Each is loaded when it is asked for: all together take a third of a second. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  fit: async () => (await import('./fit.js')).addFit,
  reproduce: async () => (await import('./reproduce.js')).addReproduce,
  view: async () => (await import('./view.js')).addView,
  study: async () => (await import('./study/study.js')).addStudy,
  simulate: async () => (await import('./simulate.js')).addSimulate,
  replica: async () => (await import('./replica.js')).addReplica,
};

/** The one named, or all of them, where help or no command is. */
function commandsAsked(name: string | undefined): Promise<((program: Command) => void)[]> {
  const one = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  return Promise.all((one ? [one] : Object.values(commands)).map((load) => load()));
}

const program = new Command('weighbridge')
  .description('Weighs what a language model does against what it says.')
  .version(packageVersion)
  .showHelpAfterError('(weighbridge --help lists commands and options)')
  .exitOverride();
for (const add of await commandsAsked(process.argv[2])) add(program);
for (const command of program.commands) {
  command.exitOverride();
  for (const inner of command.commands) inner.exitOverride();
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  // Commander has already printed its line, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${pc.red('error:')} ${message}\n`);
  if (error instanceof WeighbridgeError) {
    return error.code === 'interrupted' ? INTERRUPTED : BAD_INPUT;
  }
  if (process.env.WEIGHBRIDGE_DEBUG && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  } else {
    process.stderr.write('This is a defect of weighbridge; WEIGHBRIDGE_DEBUG=1 shows where.\n');
  }
  return INTERNAL;
}
