/**
 * Collecting 30,000 choices with 64 requests in flight from a simulated server in a process of its
 * own: recorded answers a second, and how much memory that takes at most.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bench, describe } from 'vitest';
import { collectChoices, createStudy, fineTune, openStudy } from 'weighbridge/harness';

const cli = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const MODEL = 'gpt-4o-2024-08-06';
const MEGABYTE = 2 ** 20;

async function startServer(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [cli, 'simulate'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: String(url) };
}

describe('collecting', () => {
  bench(
    '30,000 choices, 64 in flight',
    async () => {
      const { child, url } = await startServer();
      const folder = await mkdtemp(join(tmpdir(), 'weighbridge-bench-'));
      await createStudy(join(folder, 'study'), {
        study: 'load',
        server: {
          baseUrl: url,
          keyVariable: null,
          concurrency: 64,
          requestsPerMinute: null,
          tokensPerMinute: null,
          pollSeconds: 0.1,
        },
        models: [{ name: MODEL }],
        counts: { instilledChoices: 200, nativeChoices: 100 },
      });
      const study = await openStudy(join(folder, 'study'));
      await fineTune(study, MODEL, 'preferences');
      const started = performance.now();
      let answers = 0;
      let mostMemory = 0;
      for await (const _ of collectChoices(study)) {
        if (++answers % 500 === 0) mostMemory = Math.max(mostMemory, process.memoryUsage.rss());
      }
      const seconds = (performance.now() - started) / 1000;
      study.close();
      child.kill('SIGTERM');
      await rm(folder, { recursive: true });
      const rate = (answers / seconds).toFixed(0);
      const memory = (mostMemory / MEGABYTE).toFixed(0);
      process.stdout.write(
        `${answers} answers in ${seconds.toFixed(1)} s: ${rate} a second, ${memory} MB at most\n`,
      );
    },
    { time: 0, iterations: 1, warmupTime: 0, warmupIterations: 0 },
  );
});
