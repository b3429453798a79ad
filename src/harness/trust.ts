/**
 * Whether a study's server may be asked. A `study.yaml` from somebody else can name any host and
 * any variable of the environment: only variables that look like the key of an API are read, keys
 * go over https, and a host that is new is confirmed once. What was confirmed is remembered in the
 * user's configuration folder, which no study can bring along.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { WeighbridgeError } from '../errors.js';
import { isLoopbackHost } from '../loopback.js';
import { makeFolder, writeWhole } from '../study/write-files.js';
import type { Configuration } from './configuration/schema.js';

export interface TrustOptions {
  /** A variable that may hold the key although its name does not end in `_API_KEY`. */
  readonly allowKeyVariable?: string;
  /** A host, with its port where it has one, that is confirmed without a question. */
  readonly trustHost?: string;
  /** Asks a person. @default nobody can be asked, and a new host is refused */
  readonly confirmHost?: (question: string) => Promise<boolean>;
  /** File of the hosts that were confirmed; default: in the user's configuration folder. */
  readonly confirmedHosts?: string;
}

type Server = Pick<Configuration['server'], 'base_url' | 'key_variable'>;

/** @throws WeighbridgeError `bad-configuration` where the server may not be asked */
export async function requireTrusted(server: Server, options: TrustOptions = {}): Promise<void> {
  const url = new URL(server.base_url);
  requireKeyVariable(server, options.allowKeyVariable);
  if (isLoopbackHost(url.host)) return;
  if (server.key_variable !== null && url.protocol !== 'https:') {
    throw refused(
      `server.base_url is ${url.origin}: a key (server.key_variable) is sent over https only, except to this machine`,
    );
  }
  if (url.origin === OPENAI) return;
  await requireConfirmed(url, server, options);
}

const OPENAI = 'https://api.openai.com';

function requireKeyVariable({ key_variable }: Server, allowed: string | undefined): void {
  if (key_variable === null || key_variable.endsWith('_API_KEY') || key_variable === allowed) {
    return;
  }
  throw refused(
    `server.key_variable is ${key_variable}: expected a name that ends in _API_KEY, so that no other secret is sent; allow this one with --allow-key-variable ${key_variable}`,
  );
}

/** A host and the variable whose key it may have. */
const confirmedSchema = z.array(
  z.object({ origin: z.string(), key_variable: z.string().nullable() }),
);
type Confirmed = z.infer<typeof confirmedSchema>;

async function requireConfirmed(
  { origin, host }: URL,
  { key_variable }: Server,
  { trustHost, confirmHost, confirmedHosts = defaultFile() }: TrustOptions,
): Promise<void> {
  const before = await readConfirmed(confirmedHosts);
  if (before.some((one) => one.origin === origin && one.key_variable === key_variable)) return;
  const what = key_variable === null ? 'prompts' : `prompts and the key in ${key_variable}`;
  const confirmed =
    trustHost === host ||
    (await confirmHost?.(`Send ${what} to ${origin}, asked for the first time?`));
  if (!confirmed) {
    throw refused(
      `${origin} was not asked before: confirm that ${what} may be sent there with --trust-host ${host}`,
    );
  }
  await remember(confirmedHosts, [...before, { origin, key_variable }]);
}

function defaultFile(): string {
  return join(envPaths('weighbridge', { suffix: '' }).config, 'confirmed-hosts.json');
}

/** None where the file is missing or damaged: then a person is asked again. */
async function readConfirmed(file: string): Promise<Confirmed> {
  try {
    return confirmedSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return [];
  }
}

/** Where it cannot be written the next run asks again. */
async function remember(file: string, confirmed: Confirmed): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await writeWhole(file, `${JSON.stringify(confirmed, null, 1)}\n`);
  } catch (error) {
    if (!(error instanceof WeighbridgeError)) throw error;
  }
}

function refused(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-configuration', `study.yaml: ${message}`);
}
