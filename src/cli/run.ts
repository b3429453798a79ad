/** Parses a command line, runs the command, and reports its outcome. */
import { constants } from 'node:os';
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { isOutOfDescriptors, WeighbridgeError } from '../errors.js';
import { printable } from '../harness/client/sanitize.js';
import { packageVersion } from '../package-info.js';
import { BAD_INPUT, BY_SIGNAL, EndsWith, INTERNAL } from './exit-codes.js';

/** In help order. Each is loaded on demand: all together take a third of a second. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  fit: async () => (await import('./fit.js')).addFit,
  reproduce: async () => (await import('./reproduce.js')).addReproduce,
  view: async () => (await import('./view.js')).addView,
  plan: async () => (await import('./plan.js')).addPlan,
  calibrate: async () => (await import('./calibrate.js')).addCalibrate,
  study: async () => (await import('./study/study.js')).addStudy,
  explain: async () => (await import('./explain.js')).addExplain,
  merge: async () => (await import('./shards.js')).addMerge,
  simulate: async () => (await import('./simulate.js')).addSimulate,
  replica: async () => (await import('./replica.js')).addReplica,
  worker: async () => (await import('./worker.js')).addWorker,
  jobs: async () => (await import('./jobs.js')).addJobs,
};

/** Loads the named command, none for the version, or all of them for help or an unknown name. */
async function commandsAsked(name: string | undefined): Promise<((program: Command) => void)[]> {
  if (name === '--version' || name === '-V') return [];
  const one = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  return Promise.all((one ? [one] : Object.values(commands)).map((load) => load()));
}

/**
 * @param args arguments after the program's name
 * @returns the exit code; errors are already printed
 */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command('weighbridge')
    .description('Weighs what a language model does against what it says.')
    .version(packageVersion)
    .showHelpAfterError('(weighbridge --help lists commands and options)')
    .exitOverride();
  try {
    for (const add of await commandsAsked(args[0])) add(program);
    for (const command of program.commands) {
      command.exitOverride();
      for (const inner of command.commands) inner.exitOverride();
    }
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof EndsWith) return error.code;
  // Commander has already printed its error or the help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT;
  if (isWithoutDescriptors(error)) {
    printError(TOO_FEW_DESCRIPTORS);
    return BAD_INPUT;
  }
  if (isUnloadable(error)) {
    printError(`${UNLOADABLE} (${error.message})`);
    return BAD_INPUT;
  }
  printError(error instanceof Error ? error.message : String(error));
  if (error instanceof WeighbridgeError) {
    return error.code === 'interrupted' ? BY_SIGNAL + signalOf(error) : BAD_INPUT;
  }
  if (process.env.WEIGHBRIDGE_DEBUG && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  } else {
    process.stderr.write('This is a defect of weighbridge; WEIGHBRIDGE_DEBUG=1 shows where.\n');
  }
  return INTERNAL;
}

function printError(message: string): void {
  process.stderr.write(`${pc.red('error:')} ${printable(message)}\n`);
}

const TOO_FEW_DESCRIPTORS =
  'this process may open too few files; raise the limit, for example with `ulimit -n 1024`';

const UNLOADABLE =
  'a part of weighbridge cannot be loaded: this process may open too few files (raise the limit, for example with `ulimit -n 1024`), or the installation is not whole';

/**
 * Node's codes for a module that is missing or cannot be opened. Its loader reports a
 * `package.json` it cannot open for lack of descriptors as missing.
 */
const unloadable: ReadonlySet<unknown> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_DLOPEN_FAILED',
]);

function isUnloadable(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && unloadable.has(error.code);
}

/** Checks an error and its causes for Node's codes. */
function isWithoutDescriptors(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && isOutOfDescriptors(error.code)) || isWithoutDescriptors(error.cause);
}

/** The number of the signal that caused the error. @default that of SIGINT */
function signalOf({ cause }: WeighbridgeError): number {
  const { signals } = constants;
  const name = Object.keys(signals).find((signal) => signal === cause);
  return signals[(name as NodeJS.Signals | undefined) ?? 'SIGINT'];
}
