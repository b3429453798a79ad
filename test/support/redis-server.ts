/** Debian's redis-server on loopback and a free port, started and ended by a test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { certificate, certificateKey } from './connect-proxy.js';
import { temporaryFolder } from './temporary-folder.js';

/** Tests of a queue are skipped where this is false: `apt-get install redis-server`. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export type RedisServer = Awaited<ReturnType<typeof startRedis>>;

/** False where redis-server was built without TLS, which knows no setting of it. */
export const hasTlsRedis = hasRedis && !withoutTls();

function withoutTls(): boolean {
  // Without a certificate it ends at once, with TLS or not.
  const { stdout, stderr } = spawnSync('redis-server', ['--port', '0', '--tls-port', '1']);
  return `${stdout}${stderr}`.includes('Bad directive');
}

type Settings = readonly (readonly [string, string])[];

/** @param settings lines of redis.conf, as ['maxmemory', '8mb'] */
export function startRedis(settings: Settings = []) {
  return startServer('redis', (port) => [['port', port], ...settings]);
}

/** A server that speaks nothing but TLS, with the certificate of `connect-proxy.ts`. */
export async function startTlsRedis() {
  const { folder, remove } = await temporaryFolder();
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  await writeFile(certificateFile, certificate);
  await writeFile(keyFile, certificateKey);
  const server = await startServer('rediss', (port) => [
    ['port', '0'],
    ['tls-port', port],
    ['tls-cert-file', certificateFile],
    ['tls-key-file', keyFile],
    ['tls-auth-clients', 'no'],
  ]);
  const stop = async () => {
    await server.stop();
    await remove();
  };
  return { ...server, stop, certificateFile };
}

async function startServer(scheme: 'redis' | 'rediss', settings: (port: string) => Settings) {
  const { folder, remove } = await temporaryFolder();
  const port = await freePort();
  const words = [
    ['bind', '127.0.0.1'],
    ['dir', folder],
    ['save', ''],
    ...settings(String(port)),
  ].flatMap(([name = '', value = '']) => [`--${name}`, value]);
  let server = await started(words);
  return {
    url: `${scheme}://127.0.0.1:${port}/0`,
    port,
    /** Kills the server and starts it again on what it has written. */
    restart: async () => {
      await ended(server, 'SIGKILL');
      server = await started(words);
    },
    kill: () => ended(server, 'SIGKILL'),
    stop: async () => {
      await ended(server, 'SIGTERM');
      await remove();
    },
  };
}

async function started(words: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('Ready to accept connections')) resolve();
    });
    child.once('close', () => reject(new Error(`redis-server ended: ${text.slice(-500)}`)));
  });
  return child;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
