/** A run that is stopped by a signal, whatever its server does, and one with few descriptors. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { type SmallServer, sendJson, smallServer } from '../harness/client/support.js';
import { type SimulatedStudy, simulatedStudy } from '../support/simulated-study.js';
import { cli, plainEnvironment, run } from './support.js';

let study: SimulatedStudy;
let server: SmallServer;
afterEach(async () => {
  await study?.close();
  await server?.close();
});

/** A study at a server that sends nothing but such errors. */
async function studyAt(body: string, settings: object = {}): Promise<string> {
  server = await smallServer((response) => sendJson(response, body, 503));
  const names = ['preferences', 'introspection_first', 'introspection_last', 'introspection_all'];
  const trained = Object.fromEntries(names.map((name) => [name, 'm']));
  study = await simulatedStudy({
    models: [{ name: 'm', trained }],
    configuration: { server: { base_url: server.baseURL, ...settings } },
  });
  return study.folder;
}

function startRun(folder: string) {
  const child = spawn(process.execPath, [cli, 'study', 'run', folder, '--quiet'], {
    env: plainEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  const waiting = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (stderr.includes('waiting')) resolve();
    });
  });
  return { child, waiting, ended: once(child, 'close'), stderr: () => stderr };
}

describe('a run that waits for its server', () => {
  test.each([
    ['SIGINT', 130, 'down'],
    ['SIGTERM', 143, 'a'.repeat(200_000)],
    ['SIGHUP', 129, '<style '.repeat(20_000)],
  ] as const)('says so, and ends by %s with code %i', async (signal, code, body) => {
    const one = startRun(await studyAt(body, { outage_minutes: 0.5 }));
    await one.waiting;
    one.child.kill(signal);
    expect(await one.ended).toEqual([code, null]);
    const lines = one.stderr().trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^no request has worked for \d+ s: .* \(503: .*\); waiting, up to 30 s; Ctrl-C stops$/,
    );
    expect(lines[1]).toMatch(/^error: stopped; everything collected is on record/);
  });

  test('ends when it has waited as long as it was told to', async () => {
    const one = startRun(await studyAt('down', { outage_minutes: 0.01 }));
    expect(await one.ended).toEqual([2, null]);
    expect(one.stderr()).toMatch(
      /^error: (no request has worked for \d+ s \(\d+ attempts\)|\d+ attempts in a row failed): .* \(503: down\)\n$/m,
    );
  });
});

describe.skipIf(process.platform === 'win32')('with too few file descriptors', () => {
  test.each([24, 40, 48, 54, 60, 78, 100])('a command says so in one line: %i', async (limit) => {
    const command = `ulimit -n ${limit}; exec "${process.execPath}" "${cli}" study status .`;
    const { code, stdout, stderr } = await run('sh', ['-c', command]);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/^error: (.*this process may open too few files|\. holds no study)/);
    expect(code).toBe(2);
  });
});
