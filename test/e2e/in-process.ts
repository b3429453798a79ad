/**
 * The built command in the process of the test: what is printed and how it ends, without half a second
 * for a process of its own. Signals, kills, broken pipes, standard input and the exit codes that a shell
 * sees need a real one.
 */
import { pathToFileURL } from 'node:url';
import { vi } from 'vitest';
import { cli, type Environment, type Outcome, plainEnvironment } from './support.js';

interface Surroundings {
  /** Whether a person looks at standard output. @default false */
  readonly stdoutIsTerminal?: boolean;
  /** Environment variables beside those of the test. */
  readonly environment?: Environment | undefined;
}

const run = async (args: readonly string[]): Promise<number> => {
  const command = await import(new URL('run.js', pathToFileURL(cli)).href);
  return command.run(args);
};

/** Standard output and the environment belong to one command at a time. */
let last: Promise<unknown> = Promise.resolve();

/** Runs the command with these words, after those that were begun before. */
export function inProcess(
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<Outcome> {
  const outcome = last.then(() => runHere(args, surroundings));
  last = outcome.catch(() => {});
  return outcome;
}

async function runHere(
  args: readonly string[],
  { stdoutIsTerminal = false, environment }: Surroundings,
): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += String(text);
      return true;
    }),
  );
  const before = { isTTY: process.stdout.isTTY, argv: process.argv, env: { ...process.env } };
  process.stdout.isTTY = stdoutIsTerminal;
  process.argv = [process.execPath, cli, ...args];
  setEnvironment(plainEnvironment(environment));
  try {
    return { code: await run(args), ...texts };
  } finally {
    process.stdout.isTTY = before.isTTY;
    process.argv = before.argv;
    setEnvironment(before.env);
    for (const spy of spies) spy.mockRestore();
  }
}

/** Makes these the variables of this process, in the object that libraries may hold. */
function setEnvironment(variables: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) {
    if (variables[name] === undefined) delete process.env[name];
  }
  Object.assign(process.env, variables);
}
