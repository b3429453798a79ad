/** Which proxy a request goes through, by the environment alone. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { proxyOf } from '../../src/http/proxy.js';

const variables = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];

beforeEach(() => {
  for (const name of variables) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toUpperCase(), undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());

function proxyAt(url: string, environment: Readonly<Record<string, string>>) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return proxyOf(new URL(url));
}

describe('the proxy of a request', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['https://a.test', {}, undefined],
    ['https://a.test', { HTTPS_PROXY: 'http://p.test:3128' }, 'http://p.test:3128'],
    ['https://a.test', { https_proxy: 'http://p.test:3128' }, 'http://p.test:3128'],
    ['http://a.test', { HTTPS_PROXY: 'http://p.test:3128' }, undefined],
    ['http://a.test', { HTTP_PROXY: 'http://p.test:3128' }, 'http://p.test:3128'],
    ['https://a.test', { HTTP_PROXY: 'http://p.test:3128' }, undefined],
    ['https://a.test', { ALL_PROXY: 'http://p.test:3128' }, 'http://p.test:3128'],
    ['https://a.test', { HTTPS_PROXY: 'https://p.test' }, 'https://p.test'],
    ['https://a.test', { HTTPS_PROXY: 'p.test:3128' }, 'http://p.test:3128'],
    ['https://a.test', { HTTPS_PROXY: '' }, undefined],
    [
      'https://a.test',
      { HTTPS_PROXY: 'http://p.test', https_proxy: 'http://q.test' },
      'http://q.test',
    ],
  ])('of %s under %o is %s', (url, environment, expected) => {
    expect(proxyAt(url, environment)?.address).toBe(expected);
  });

  it.each([
    ['*', 'https://a.test', true],
    ['a.test', 'https://a.test', true],
    ['a.test', 'https://b.a.test', true],
    ['.a.test', 'https://b.a.test', true],
    ['*.a.test', 'https://b.a.test', true],
    ['A.TEST', 'https://b.a.test', true],
    ['a.test', 'https://ba.test', false],
    ['b.a.test', 'https://a.test', false],
    ['x.test, a.test', 'https://a.test', true],
    ['x.test a.test', 'https://a.test', true],
    ['a.test:443', 'https://a.test', true],
    ['a.test:8443', 'https://a.test', false],
    ['a.test:8443', 'https://b.a.test:8443', true],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['2.3', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['10.0.0.0/99, 1/2/3, /', 'https://10.1.2.3', false],
  ])('is none under NO_PROXY=%s for %s: %s', (noProxy, url, isDirect) => {
    const environment = { HTTPS_PROXY: 'http://p.test:3128', NO_PROXY: noProxy };
    expect(proxyAt(url, environment) === null).toBe(isDirect);
  });

  it.each(['http://localhost:8080', 'http://127.0.0.1:8080', 'https://127.8.9.1', 'http://[::1]'])(
    'is none for this machine: %s',
    (url) => {
      const all = { HTTP_PROXY: 'http://p.test:3128', HTTPS_PROXY: 'http://p.test:3128' };
      expect(proxyAt(url, all)).toBeNull();
    },
  );

  it('is asked with the credentials of its address, which its address does not show', () => {
    const credential = fc.string({ unit: 'grapheme-ascii', minLength: 1 });
    fc.assert(
      fc.property(credential, credential, (user, password) => {
        fc.pre(!user.includes(':'));
        const text = `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@p.test:3128`;
        const proxy = proxyAt('https://a.test', { HTTPS_PROXY: text });
        expect(proxy).toMatchObject({ address: 'http://p.test:3128', password });
        const [, sent = ''] = proxy?.authorization?.split(' ') ?? [];
        expect(Buffer.from(sent, 'base64').toString()).toBe(`${user}:${password}`);
      }),
      { seed: 1401 },
    );
  });

  it('may have a password with a per cent sign that was not escaped', () => {
    const proxy = proxyAt('https://a.test', { HTTPS_PROXY: 'http://u:100%zz@p.test' });
    expect(proxy?.password).toBe('100%zz');
  });

  it.each([
    ['socks5://u:secret@p.test', 'begins with socks5://'],
    ['http://u:secret@', 'is no address'],
    ['http://u:secret@p.test:port', 'is no address'],
  ])('must speak HTTP: %s', (text, found) => {
    expect(() => proxyAt('https://a.test', { HTTPS_PROXY: text })).toThrow(
      expect.objectContaining({
        code: 'bad-configuration',
        message: `the proxy of the environment variable HTTPS_PROXY ${found}: expected one that begins with http:// or https://`,
      }),
    );
  });

  it('is some proxy, none, or a line about the variable, whatever the environment holds', () => {
    const value = fc.oneof(fc.string(), fc.webUrl(), fc.domain());
    fc.assert(
      fc.property(fc.webUrl(), value, value, (url, proxy, exempt) => {
        try {
          proxyAt(url, {
            ALL_PROXY: proxy.replaceAll('\0', ''),
            NO_PROXY: exempt.replaceAll('\0', ''),
          });
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-configuration' });
        }
      }),
      { seed: 1402, numRuns: 300 },
    );
  });
});
