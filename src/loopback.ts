/**
 * Hosts that are this machine, by name: what a server on loopback answers to, and where a key may
 * travel without encryption.
 */

/** 127.0.0.0/8, as a URL writes it. */
const LOOPBACK_ADDRESS = /^127(?:\.\d{1,3}){3}$/;

/** Whether a host as a URL or a Host header has it, with or without a port, is this machine. */
export function isLoopbackHost(host: string | undefined): boolean {
  const [, name = ''] = /^(\[[0-9a-f:.]+\]|[^:]+)(?::\d{1,5})?$/i.exec(host ?? '') ?? [];
  const lower = name.toLowerCase();
  return lower === 'localhost' || lower === '[::1]' || LOOPBACK_ADDRESS.test(lower);
}
