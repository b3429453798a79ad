/** The simulated model server of the demo, in a process of its own, like a real one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { WeighbridgeError } from '../../errors.js';
import type { ChatRequest } from '../../harness/client/chat.js';
import { commandPath } from '../../package-info.js';
import type { Truth } from '../../simulation/server/latent.js';

export interface DemoServer {
  readonly url: string;
  /** What the asked model answers on the whole; null if the simulator does not know the question. */
  truth(request: ChatRequest): Promise<Truth | null>;
  stop(): void;
}

/** @param flags of `weighbridge simulate` */
export async function startDemoServer(flags: readonly string[] = []): Promise<DemoServer> {
  const child = spawn(process.execPath, [commandPath, 'simulate', '--port', '0', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () => void child.kill('SIGTERM');
  process.once('exit', stop);
  const url = await firstUrl(child);
  return {
    url,
    async truth({ model, messages, temperature }) {
      const response = await fetch(new URL('/simulator/truth', url), {
        method: 'POST',
        body: JSON.stringify({ model, messages, temperature }),
      });
      if (response.ok) return (await response.json()) as Truth | null;
      throw new WeighbridgeError('server', `the simulated server: status ${response.status}`);
    },
    stop() {
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
