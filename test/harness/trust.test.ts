/** Which variable may hold a key, how it may travel, and which host may be asked. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { requireTrusted, type TrustOptions } from '../../src/harness/trust.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let own: Awaited<ReturnType<typeof temporaryFolder>>;
let confirmedHosts = '';
beforeEach(async () => {
  own = await temporaryFolder();
  confirmedHosts = join(own.folder, 'user', 'confirmed-hosts.json');
});
afterEach(() => own.remove());

const OPENAI = 'https://api.openai.com/v1';
const OTHER = 'https://models.example.org/v1';

const ask = (baseUrl: string, keyVariable: string | null, options: TrustOptions = {}) =>
  requireTrusted({ baseUrl, keyVariable }, { confirmedHosts, ...options });

async function refusal(asking: Promise<void>): Promise<string> {
  const error: unknown = await asking.then(
    () => 'was not refused',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WeighbridgeError);
  expect(error).toMatchObject({ code: 'bad-configuration' });
  const { message } = error as WeighbridgeError;
  expect(message).not.toContain('\n');
  return message;
}

describe('the variable of the key', () => {
  test.each([
    ...['AWS_SECRET_ACCESS_KEY', 'HF_TOKEN', 'PATH', 'DATABASE_URL', 'SSH_KEY', 'API_KEY_FILE'],
    ...['openai_api_key', 'OPENAI_API_KEY_2', 'APIKEY'],
  ])('%s is refused, wherever it would go, unless it is allowed by name', async (name) => {
    for (const url of [OPENAI, OTHER, 'http://127.0.0.1:8000/v1']) {
      expect(await refusal(ask(url, name, { trustHost: 'models.example.org' }))).toMatch(
        `server.key_variable is ${name}: expected a name that ends in _API_KEY`,
      );
    }
    await ask(OPENAI, name, { allowKeyVariable: name });
    await refusal(ask(OPENAI, name, { allowKeyVariable: 'ANOTHER' }));
  });

  test.each(['OPENAI_API_KEY', 'MY_OWN_API_KEY'])('%s may hold one', async (name) => {
    await ask(OPENAI, name);
  });
});

describe('a key', () => {
  test.each(['http://models.example.org/v1', 'http://api.openai.com/v1', 'http://192.168.1.5:80'])(
    'does not go to %s, even if the host is confirmed',
    async (url) => {
      const { host } = new URL(url);
      const confirmHost = vi.fn(async () => true);
      expect(await refusal(ask(url, 'X_API_KEY', { trustHost: host, confirmHost }))).toMatch(
        /over https only/,
      );
      expect(confirmHost).not.toHaveBeenCalled();
    },
  );

  test.each(['http://127.0.0.1:8000/v1', 'http://localhost/v1', 'http://[::1]:1/v1'])(
    'goes to this machine: %s',
    async (url) => {
      await ask(url, 'X_API_KEY');
    },
  );
});

describe('a host', () => {
  test.each([
    OTHER,
    'https://api.openai.com.evil.example/v1',
    'https://api.openai.com:8443/v1',
    'https://localhost.evil.example/v1',
    'https://127.0.0.1.evil.example/v1',
    'https://10.0.0.1/v1',
  ])('that is new is refused where nobody can be asked: %s', async (url) => {
    const { origin, host } = new URL(url);
    const line = await refusal(ask(url, 'X_API_KEY'));
    expect(line).toMatch(`${origin} was not asked before`);
    expect(line).toMatch(`--trust-host ${host}`);
    expect(await refusal(ask(url, null))).toMatch(/confirm that prompts may be sent/);
    await refusal(ask(url, 'X_API_KEY', { trustHost: 'other.example' }));
    await refusal(ask(url, 'X_API_KEY', { confirmHost: async () => false }));
  });

  test('is asked about once, with the key that it would get', async () => {
    const confirmHost = vi.fn(async () => true);
    await ask(OTHER, 'X_API_KEY', { confirmHost });
    await ask(OTHER, 'X_API_KEY', { confirmHost });
    await ask('https://models.example.org/another/path', 'X_API_KEY');
    expect(confirmHost).toHaveBeenCalledTimes(1);
    expect(confirmHost).toHaveBeenCalledWith(
      'Send prompts and the key in X_API_KEY to https://models.example.org, asked for the first time?',
    );
    // Another key, another port: something else is confirmed.
    await refusal(ask(OTHER, 'OPENAI_API_KEY'));
    await refusal(ask('https://models.example.org:8443/v1', 'X_API_KEY'));
    await ask(OTHER, 'OPENAI_API_KEY', { trustHost: 'models.example.org' });
    await ask(OTHER, 'OPENAI_API_KEY');
    expect(await readFile(confirmedHosts, 'utf8')).toContain('models.example.org');
  });

  test('is asked about again where the list is damaged, and every time where none can be kept', async () => {
    await mkdir(join(own.folder, 'user'));
    await writeFile(confirmedHosts, '{"origin": [');
    await refusal(ask(OTHER, null));
    await ask(OTHER, null, { trustHost: 'models.example.org' });
    await ask(OTHER, null);
    const nowhere = join(confirmedHosts, 'below-a-file', 'list.json');
    await ask(OTHER, null, { confirmedHosts: nowhere, trustHost: 'models.example.org' });
    await refusal(ask(OTHER, null, { confirmedHosts: nowhere }));
  });
});
