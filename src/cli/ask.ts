/** Yes-or-no questions on a terminal. */
import { createInterface } from 'node:readline/promises';

/** Asks a question; true only for yes. */
export type Ask = (question: string, signal?: AbortSignal) => Promise<boolean>;

/** Null unless standard input and standard error are a terminal. */
export function terminalAsk(): Ask | null {
  return process.stdin.isTTY && process.stderr.isTTY ? ask : null;
}

/** Only yes confirms; anything else, Ctrl-C and an aborted signal included, declines. */
async function ask(question: string, signal?: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  terminal.once('SIGINT', () => gone.abort());
  terminal.once('close', () => gone.abort());
  const ended = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal;
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: ended });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}
