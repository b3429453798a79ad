/** Processes of `weighbridge worker`, to be killed while they work. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cli, type Environment, plainEnvironment } from '../e2e/support.js';

export interface WorkerProcesses {
  /** Starts one more; returns when it waits for fits. */
  start(): Promise<void>;
  /** Kills one of those that are alive. */
  kill(which: number): Promise<void>;
  /** Asks the first to end, and waits. @returns its exit code */
  endFirst(): Promise<number | null>;
  /** How many have ended and were started anew. */
  restarts(): number;
  /** Ends all. */
  stop(): Promise<void>;
}

interface ProcessOptions {
  readonly environment?: Environment;
  /** Words of Node before the command. */
  readonly execArgv?: readonly string[];
  /** Starts a worker anew that ends by itself, as a supervisor does. */
  readonly isSupervised?: boolean;
}

export function workerProcesses(
  queue: string,
  lockSeconds: number,
  { environment, execArgv = [], isSupervised = false }: ProcessOptions = {},
): WorkerProcesses {
  const alive: ChildProcess[] = [];
  let restarts = 0;
  const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  };
  const spawned = (): ChildProcess => {
    const words = [...execArgv, cli, 'worker', '--queue', queue, '--threads', '1'];
    const child = spawn(process.execPath, [...words, '--lock-seconds', String(lockSeconds)], {
      env: plainEnvironment(environment),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    alive.push(child);
    child.once('exit', () => {
      const at = alive.indexOf(child);
      if (at >= 0) alive.splice(at, 1);
      if (at < 0 || !isSupervised) return;
      restarts++;
      spawned();
    });
    return child;
  };
  return {
    start: async () => {
      const { stdout } = spawned();
      if (stdout) await once(stdout, 'data');
    },
    kill: async (which) => {
      const [child] = alive.splice(which % alive.length, 1);
      if (child) await end(child, 'SIGKILL');
    },
    endFirst: async () => {
      const child = alive.shift();
      if (child) await end(child, 'SIGTERM');
      return child?.exitCode ?? null;
    },
    restarts: () => restarts,
    stop: async () => {
      await Promise.all(alive.splice(0).map((child) => end(child, 'SIGKILL')));
    },
  };
}
