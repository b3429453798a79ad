/**
 * Checks whether a study's server may be contacted. A `study.yaml` from another person can name any
 * host and any environment variable: only variables that look like an API key are read, keys are
 * sent over https, and a new host is confirmed once. Confirmed hosts are stored in the user's
 * configuration folder, outside of any study.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { makeFolder, writeWhole } from '../data-files/write-files.js';
import { WeighbridgeError } from '../errors.js';
import { isLoopbackHost } from '../http/listen.js';
import type { Configuration } from '../packs/configuration/configuration.js';

export interface TrustOptions {
  /** A variable that may hold the key although its name does not end in `_API_KEY`. */
  readonly allowKeyVariable?: string;
  /** A host, with its port if any, that is trusted without confirmation. */
  readonly trustHost?: string;
  /** Asks the user. @default new hosts are rejected */
  readonly confirmHost?: (question: string) => Promise<boolean>;
  /** File of confirmed hosts. @default a file in the user's configuration folder */
  readonly confirmedHosts?: string;
}

type Server = Pick<Configuration['server'], 'baseUrl' | 'keyVariable'>;

/** @throws WeighbridgeError `bad-configuration` if the server may not be contacted */
export async function requireTrusted(server: Server, options: TrustOptions = {}): Promise<void> {
  const url = new URL(server.baseUrl);
  requireKeyVariable(server, options.allowKeyVariable);
  if (isLoopbackHost(url.host)) return;
  if (server.keyVariable !== null && url.protocol !== 'https:') {
    throw refused(
      `server.base_url is ${url.origin}: a key (server.key_variable) is sent over https only, except to this machine`,
    );
  }
  if (url.origin === OPENAI) return;
  await requireConfirmed(url, server, options);
}

const OPENAI = 'https://api.openai.com';

function requireKeyVariable({ keyVariable }: Server, allowed: string | undefined): void {
  if (keyVariable === null || keyVariable.endsWith('_API_KEY') || keyVariable === allowed) return;
  throw refused(
    `server.key_variable is ${keyVariable}: expected a name that ends in _API_KEY, so that no other secret is sent; allow this one with --allow-key-variable ${keyVariable}`,
  );
}

/** A host and the variable whose key it may receive. */
const confirmedSchema = z.array(
  z.object({ origin: z.string(), key_variable: z.string().nullable() }),
);
type Confirmed = z.infer<typeof confirmedSchema>;

async function requireConfirmed(
  { origin, host }: URL,
  { keyVariable }: Server,
  { trustHost, confirmHost, confirmedHosts = defaultFile() }: TrustOptions,
): Promise<void> {
  const before = await readConfirmed(confirmedHosts);
  if (before.some((one) => one.origin === origin && one.key_variable === keyVariable)) return;
  const what = keyVariable === null ? 'prompts' : `prompts and the key in ${keyVariable}`;
  const confirmed =
    trustHost === host ||
    (await confirmHost?.(`Send ${what} to ${origin}, asked for the first time?`));
  if (!confirmed) {
    throw refused(
      `${origin} was not asked before: confirm that ${what} may be sent there with --trust-host ${host}`,
    );
  }
  await remember(confirmedHosts, [...before, { origin, key_variable: keyVariable }]);
}

function defaultFile(): string {
  return join(envPaths('weighbridge', { suffix: '' }).config, 'confirmed-hosts.json');
}

/** Empty if the file is missing or damaged, so the user is asked again. */
async function readConfirmed(file: string): Promise<Confirmed> {
  try {
    return confirmedSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return [];
  }
}

/** If the file cannot be written, the next run asks again. */
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
