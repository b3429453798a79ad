/**
 * The proxy of a request: HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, but not for the hosts of NO_PROXY, each
 * in lower or upper case. A loopback address never has a proxy, as in Go: the proxy would reach its
 * own machine, and keys may be sent to loopback without TLS.
 */
import { BlockList, isIP } from 'node:net';
import { getProxyForUrl } from 'proxy-from-env';
import { WeighbridgeError } from '../errors.js';
import { isLoopbackHost } from './listen.js';

export interface HttpProxy {
  /** Without credentials: `http://proxy:3128`. */
  readonly address: string;
  /** The environment variable that names the proxy. */
  readonly variable: string;
  /** Value of `Proxy-Authorization`; null without credentials. */
  readonly authorization: string | null;
  /** What must not be printed. */
  readonly password: string | null;
}

/** @throws WeighbridgeError `bad-configuration` if the environment names a proxy that cannot be used */
export function proxyOf(target: URL): HttpProxy | null {
  if (isLoopbackHost(target.host) || isInNamedNetwork(target.hostname)) return null;
  if (!parentsOf(target).every((url) => getProxyForUrl(url) !== '')) return null;
  const scheme = target.protocol.slice(0, -1);
  const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'];
  const variable = names.find((name) => process.env[name]) ?? '';
  const found = getProxyForUrl(target.href);
  // The library adds the scheme of the target to 'proxy:3128'; all others take it for http.
  const isWhole = process.env[variable] === found;
  return readProxy(isWhole ? found : found.replace(/^https:/, 'http:'), variable);
}

/** The target and, because `NO_PROXY=example.org` covers `a.example.org`, the domains it is in. */
function parentsOf(target: URL): string[] {
  const { hostname } = target;
  if (isIP(withoutBrackets(hostname)) !== 0) return [target.href];
  const labels = hostname.split('.');
  return labels.map((_, index) => {
    const url = new URL(target);
    url.hostname = labels.slice(index).join('.');
    return url.href;
  });
}

/** True for an address in a network of NO_PROXY, such as 10.0.0.0/8. */
function isInNamedNetwork(hostname: string): boolean {
  const address = withoutBrackets(hostname);
  const version = isIP(address);
  if (version === 0) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const networks = new BlockList();
  const longest = version === 4 ? 32 : 128;
  const listed = process.env.no_proxy || process.env.NO_PROXY || '';
  for (const entry of listed.split(/[\s,]+/)) {
    const [network = '', bits = String(longest)] = entry.split('/');
    const isPrefix = /^\d{1,3}$/.test(bits) && Number(bits) <= longest;
    if (isIP(network) === version && isPrefix) networks.addSubnet(network, Number(bits), family);
  }
  return networks.check(address, family);
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function readProxy(text: string, variable: string): HttpProxy {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    // The text itself may hold a password.
    const found = url ? `begins with ${url.protocol}//` : 'is no address';
    const expected = 'one that begins with http:// or https://';
    throw new WeighbridgeError(
      'bad-configuration',
      `the proxy of the environment variable ${variable} ${found}: expected ${expected}`,
      { details: { column: variable, expected } },
    );
  }
  const password = decoded(url.password);
  const credentials = `${decoded(url.username)}:${password}`;
  return {
    address: url.origin,
    variable,
    authorization:
      credentials === ':' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`,
    password: password || null,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A '%' that is meant as it stands.
    return text;
  }
}

/** A request that did not get past the proxy: the server has not seen it. */
export class ProxyFailure extends Error {
  /**
   * @param words 'the proxy http://proxy:3128 cannot be reached'
   * @param reason code of the failed connection, or the proxy's HTTP status
   * @param passes false if every request to the server will fail so
   */
  constructor(
    readonly words: string,
    readonly reason: string,
    readonly passes: boolean,
  ) {
    super(`${words} (${reason})`);
  }
}

/** The proxy itself cannot be reached. */
export function unreachedProxy({ address, variable }: HttpProxy, reason: string): ProxyFailure {
  const words = `the proxy ${address} cannot be reached: is it running, and is ${variable} right?`;
  return new ProxyFailure(words, reason, true);
}

/** The proxy has answered with a status other than 200. */
export function refusingProxy(proxy: HttpProxy, status: number): ProxyFailure {
  const { address, variable, authorization } = proxy;
  const reason = String(status);
  if (status === 407) {
    const words = authorization
      ? `the proxy ${address} does not accept the user name and password of ${variable}`
      : `the proxy ${address} wants a user name and password: set ${variable} to http://USER:PASSWORD@HOST:PORT`;
    return new ProxyFailure(words, reason, false);
  }
  const passes = status >= 500 || status === 408 || status === 429;
  const does = passes ? 'does not get through to it' : 'does not allow it';
  return new ProxyFailure(`the proxy ${address} ${does}`, reason, passes);
}
