/** Parses a command line, calls what it asks for, and says how it ended. */
import { constants } from 'node:os';
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { isOutOfDescriptors, WeighbridgeError } from '../errors.js';
import { printable } from '../harness/client/plain-words.js';
import { packageVersion } from '../package-info.js';

export const BAD_INPUT = 2;
const INTERNAL = 1;
/** What a shell makes of a command that a signal ended. */
const BY_SIGNAL = 128;

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

/**
 * @param args behind the name of the program
 * @returns the exit code; what went wrong was printed
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
  // Commander has already printed its line, or the help that was asked for.
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
 * Node's codes for a module that is missing or cannot be opened. Its loader takes a `package.json`
 * that it cannot open, for lack of descriptors, for one that is missing.
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

/** Node's own error, or one whose cause it is. */
function isWithoutDescriptors(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && isOutOfDescriptors(error.code)) || isWithoutDescriptors(error.cause);
}

/** The number of the signal that is the error's cause; SIGINT's where none is told. */
function signalOf({ cause }: WeighbridgeError): number {
  const { signals } = constants;
  const name = Object.keys(signals).find((signal) => signal === cause);
  return signals[(name as NodeJS.Signals | undefined) ?? 'SIGINT'];
}
