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
  /** Ends all. */
  stop(): Promise<void>;
}

export function workerProcesses(
  queue: string,
  lockSeconds: number,
  environment: Environment = {},
): WorkerProcesses {
  const alive: ChildProcess[] = [];
  const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  };
  return {
    start: async () => {
      const words = [cli, 'worker', '--queue', queue, '--threads', '1'];
      const child = spawn(process.execPath, [...words, '--lock-seconds', String(lockSeconds)], {
        env: plainEnvironment(environment),
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      alive.push(child);
      await once(child.stdout, 'data');
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
    stop: async () => {
      await Promise.all(alive.map((child) => end(child, 'SIGKILL')));
    },
  };
}
