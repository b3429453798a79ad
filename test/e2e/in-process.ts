/**
 * The command in the process of the test, from its sources: what is printed and how it ends, without
 * half a second for a process of its own. Signals, worker threads and exit codes that a shell sees
 * need a real one.
 */
import { stripVTControlCharacters } from 'node:util';
import { vi } from 'vitest';
import { run } from '../../src/cli/run.js';
import type { Outcome } from './support.js';

interface Terminals {
  /** Whether a person looks at standard output; nobody where absent. */
  readonly stdoutIsTerminal?: boolean;
}

export async function inProcess(
  args: readonly string[],
  { stdoutIsTerminal = false }: Terminals = {},
): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      texts[name] += stripVTControlCharacters(String(text));
      return true;
    }),
  );
  const before = process.stdout.isTTY;
  process.stdout.isTTY = stdoutIsTerminal;
  try {
    return { code: await run(args), ...texts };
  } finally {
    process.stdout.isTTY = before;
    for (const spy of spies) spy.mockRestore();
  }
}
