/** The options and the question by which a person says whom a study may ask. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { TrustOptions } from '../../harness/trust.js';

export interface TrustFlags {
  trustHost?: string;
  allowKeyVariable?: string;
}

export function addTrustOptions(command: Command): Command {
  return command
    .option(
      '--trust-host <host>',
      'confirm a server that is new, as HOST or HOST:PORT; remembered for later runs',
    )
    .option(
      '--allow-key-variable <name>',
      'let server.key_variable be this one, although it does not end in _API_KEY',
    );
}

export function trustOptions({ trustHost, allowKeyVariable }: TrustFlags): TrustOptions {
  return {
    ...(trustHost !== undefined && { trustHost }),
    ...(allowKeyVariable !== undefined && { allowKeyVariable }),
    ...(process.stdin.isTTY && process.stderr.isTTY && { confirmHost: ask }),
  };
}

/** Anything but yes is no, and so is Ctrl-C. */
async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  terminal.once('SIGINT', () => gone.abort());
  terminal.once('close', () => gone.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: gone.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}
