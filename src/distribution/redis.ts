/**
 * The connection to Redis or Valkey. BullMQ and its client are optional packages, which are loaded when
 * a queue is used.
 */
import type { Redis } from 'ioredis';
import { onOneLine } from '../checks/names.js';
import { badArgument, described } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import { untrustedCertificate } from '../http/certificates.js';

/** Where a queue is. */
export interface QueueAddress {
  /**
   * `redis://host:6379/0`, or `rediss://` for TLS; a user and a password may stand in it. The password
   * may also come from the environment variable WEIGHBRIDGE_QUEUE_PASSWORD.
   */
  readonly connection: string;
  /** First part of all keys in Redis: several queues may share a server. @default 'weighbridge' */
  readonly prefix?: string | undefined;
}

const PASSWORD_VARIABLE = 'WEIGHBRIDGE_QUEUE_PASSWORD';

export const DEFAULT_PREFIX = 'weighbridge';

/** @throws WeighbridgeError `missing-package` if BullMQ or ioredis is not installed */
export async function loadBullmq() {
  try {
    const [{ Queue, QueueEvents, WaitingError, Worker }, { Redis }] = await Promise.all([
      import('bullmq'),
      import('ioredis'),
    ]);
    return { Queue, QueueEvents, WaitingError, Worker, Redis };
  } catch (cause) {
    throw new WeighbridgeError(
      'missing-package',
      'a queue needs the packages bullmq and ioredis: npm install bullmq ioredis',
      { details: { package: 'bullmq' }, cause },
    );
  }
}

/** The address without user and password, for messages. */
export function shownAddress(connection: string): string {
  const { protocol, host, pathname } = addressOf(connection);
  return `${protocol}//${host}${pathname}`;
}

/** @throws WeighbridgeError `bad-argument` */
export function requireAddress({ connection, prefix = DEFAULT_PREFIX }: QueueAddress): void {
  addressOf(connection);
  if (typeof prefix === 'string' && /^[\w.-]{1,100}$/.test(prefix)) return;
  throw badArgument(
    `the prefix of the queue is ${described(prefix)}, expected letters, digits, '-', '_' and '.'`,
    { option: 'prefix', found: prefix },
  );
}

function addressOf(connection: unknown): URL {
  const url =
    typeof connection === 'string' && URL.canParse(connection) ? new URL(connection) : null;
  if (url && /^rediss?:$/.test(url.protocol) && url.hostname && /^\/?\d*$/.test(url.pathname)) {
    return url;
  }
  // Without its value: it may hold a password.
  throw badArgument('the address of the queue cannot be read, expected redis://host:6379/0', {
    option: 'connection',
  });
}

/** Milliseconds between attempts to reach a server that was reached before. */
const LONGEST_WAIT = 2000;

/**
 * A connection that was made; it is made anew if it is lost later.
 *
 * @throws WeighbridgeError `server` if no server answers at the address, or the password is wrong
 */
export async function connect({ connection }: QueueAddress): Promise<Redis> {
  const { Redis } = await loadBullmq();
  const url = addressOf(connection);
  const password = decodeURIComponent(url.password) || process.env[PASSWORD_VARIABLE];
  const state = { made: false };
  const redis = new Redis(connection, {
    ...(password && { password }),
    lazyConnect: true,
    connectTimeout: 10_000,
    // BullMQ asks for it: commands wait for the connection.
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => (state.made ? Math.min(100 * times, LONGEST_WAIT) : null),
  });
  let problem: unknown = null;
  redis.on('error', (error: unknown) => {
    problem ??= error;
  });
  endDeadConnections(redis);
  try {
    await redis.connect();
    await redis.ping();
    if (problem !== null) throw problem;
  } catch (error) {
    redis.disconnect();
    throw unreachable(shownAddress(connection), problem ?? error);
  }
  state.made = true;
  return redis;
}

/** Milliseconds between looks at a connection. */
const PULSE = 5000;

/** Looks without a byte from the server after which a connection is dead; BullMQ waits for 10 s at most. */
const MOST_SILENT = 4;

/** Bytes a second of the slowest network on which large values are sent. */
const SLOWEST = 100_000;

/**
 * Ends connections whose network was cut without a word, so that they are made anew: a router may forget
 * them, and TCP finds out after a quarter of an hour. BullMQ makes copies for commands that block, and
 * waits for them without an end when they are made during a cut: copies are looked after too.
 */
function endDeadConnections(redis: Redis): Redis {
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (override) => endDeadConnections(duplicate(override));
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearInterval(timer);
  redis.on('connect', () => {
    stop();
    timer = setInterval(lookAt(redis), PULSE);
    timer.unref();
  });
  // BullMQ ends a connection and makes it again: `end` is not the last word.
  redis.on('end', stop);
  return redis;
}

/** A look at a connection: ends it if too many looks have seen no byte from the server. */
function lookAt(redis: Redis): () => void {
  let seen = { stream: redis.stream, bytes: 0 };
  let silent = 0;
  return () => {
    const { status, stream } = redis;
    const isOpen = status === 'connect' || status === 'ready';
    if (!isOpen || stream !== seen.stream || stream.bytesRead !== seen.bytes) {
      seen = { stream, bytes: stream?.bytesRead ?? 0 };
      silent = 0;
    }
    if (!isOpen) return;
    if (status === 'ready' && silent === 0) redis.ping().catch(() => {});
    // Looks are counted, not time: a thread that was busy has not yet read what is there.
    silent++;
    const sending = stream.writableLength / SLOWEST;
    if (silent > MOST_SILENT + (1000 * sending) / PULSE) stream.destroy();
  };
}

export function unreachable(address: string, error: unknown): WeighbridgeError<'server'> {
  const { message = '', code = '' } = isRecordLike(error) ? error : {};
  const text = onOneLine(String(message));
  const refusesPassword = /WRONGPASS|NOAUTH|invalid password|AUTH/i.test(text);
  const untrusted = untrustedCertificate(String(code));
  const found = code === '' || text.includes(String(code)) ? text : `${code} ${text}`;
  const reason = refusesPassword
    ? `refuses the password: set ${PASSWORD_VARIABLE}, or put it into the address`
    : untrusted !== null
      ? `${untrusted} (${code})`
      : `does not answer (${found})${otherScheme(address, code)}`;
  return new WeighbridgeError('server', `the queue at ${address} ${reason}`, { cause: error });
}

/** A server with TLS closes plain connections; one without TLS does not answer to the greeting. */
function otherScheme(address: string, code: unknown): string {
  const isSecure = address.startsWith('rediss:');
  if (isSecure && code === 'ETIMEDOUT') return '; without TLS, its address begins with redis://';
  if (!isSecure && code === 'ECONNRESET') return '; with TLS, its address begins with rediss://';
  return '';
}

function isRecordLike(value: unknown): value is { message?: unknown; code?: unknown } {
  return typeof value === 'object' && value !== null;
}

/** True for the answer of a server whose memory is full (`maxmemory`). */
export function isFull(error: unknown): boolean {
  return error instanceof Error && /\bOOM\b/.test(error.message);
}

export function fullError(address: string, cause: unknown): WeighbridgeError<'server'> {
  return new WeighbridgeError(
    'server',
    `the queue at ${address} is full (maxmemory): give Redis more memory; nothing is lost, the same command goes on`,
    { cause },
  );
}
