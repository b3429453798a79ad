/** Servers on this machine: listening, stopping, and the hosts that are this machine. */
import type { AddressInfo } from 'node:net';
import type { ServerType } from '@hono/node-server';
import { WeighbridgeError } from '../errors.js';

/** @throws WeighbridgeError `bad-argument` if the port is taken or the address is not this machine's */
export async function listen(server: ServerType, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message;
      const message = `cannot listen on ${host} port ${port}: ${reason}`;
      const details = { option: 'port', found: port };
      reject(new WeighbridgeError('bad-argument', message, { details, cause }));
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

/** Stops listening and cuts open connections. */
export function stopListening(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
}

/** 127.0.0.0/8, as a URL writes it. */
const LOOPBACK_ADDRESS = /^127(?:\.\d{1,3}){3}$/;

/**
 * Whether a host is this machine.
 * @param host of a URL or a Host header, with or without a port
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const [, name = ''] = /^(\[[0-9a-f:.]+\]|[^:]+)(?::\d{1,5})?$/i.exec(host ?? '') ?? [];
  const lower = name.toLowerCase();
  return lower === 'localhost' || lower === '[::1]' || LOOPBACK_ADDRESS.test(lower);
}
