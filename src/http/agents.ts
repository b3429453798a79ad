/** Connections to a server, direct or through the proxy of the environment, for `node:http`. */
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { isOutOfDescriptors } from '../errors.js';
import { type HttpProxy, refusingProxy, unreachedProxy } from './proxy.js';

/** @param proxy null: a direct connection */
export function createAgent(
  target: URL,
  proxy: HttpProxy | null,
  options: http.AgentOptions = {},
): http.Agent {
  const isSecure = target.protocol === 'https:';
  if (!proxy) return new (isSecure ? https : http).Agent(options);
  const headers = proxy.authorization ? { 'Proxy-Authorization': proxy.authorization } : {};
  const through = { ...options, headers, noDelay: true };
  return isSecure ? new TunnelAgent(proxy, through) : new ForwardAgent(proxy, through);
}

/**
 * Aborts a request. A request that still waits for a connection through a proxy has no socket that
 * `destroy` could close: the agent closes it.
 */
export function abortRequest(request: http.ClientRequest, reason: Error): void {
  request.emit(ABANDONED);
  request.destroy(reason);
}

const ABANDONED = 'weighbridge:abandoned';

type TunnelOptions = Parameters<HttpsProxyAgent<string>['connect']>[1];
type ForwardRequest = Parameters<HttpProxyAgent<string>['connect']>[0];

/** A TLS connection to the server through a CONNECT tunnel. */
class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(
    private readonly through: HttpProxy,
    options: http.AgentOptions,
  ) {
    super(through.address, options);
    // Otherwise the library looks for it in a stack trace.
    this.protocol = 'https:';
  }

  override connect(request: http.ClientRequest, options: TunnelOptions): Promise<Socket> {
    return connectThrough(this.through, request, this, () => super.connect(request, options));
  }
}

/** A connection to the proxy, which is asked for the whole URL and can read what is sent. */
class ForwardAgent extends HttpProxyAgent<string> {
  constructor(
    private readonly through: HttpProxy,
    options: http.AgentOptions,
  ) {
    super(through.address, options);
    this.protocol = 'http:';
  }

  override connect(request: ForwardRequest, options: TunnelOptions): Promise<Socket> {
    return connectThrough(this.through, request, this, () => super.connect(request, options));
  }
}

/** @throws ProxyFailure */
async function connectThrough(
  proxy: HttpProxy,
  request: http.ClientRequest,
  agent: ForwardAgent | TunnelAgent,
  connect: () => Promise<Socket>,
): Promise<Socket> {
  const abandoned = new AbortController();
  const abandon = () => abandoned.abort();
  let status = 200;
  request.once(ABANDONED, abandon);
  request.once('proxyConnect', (answer: { statusCode?: number }) => {
    status = answer.statusCode ?? 200;
  });
  // Read by `connect` before it first waits.
  agent.connectOpts = { ...agent.connectOpts, signal: abandoned.signal };
  try {
    const socket = await connect();
    if (status === 200) return socket;
    socket.destroy();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (isOutOfDescriptors(code)) throw error;
    throw unreachedProxy(proxy, code ?? 'no answer');
  } finally {
    request.off(ABANDONED, abandon);
  }
  throw refusingProxy(proxy, status);
}
