/** A proxy on loopback, and a server with a certificate of its own behind it. */
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** Certificate for model.test, data.test and 127.0.0.1: self-signed, for tests only, valid until 2120. */
export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkcv3fBclbnoInb4M
nFypK/0lvAWW3F2R4Sg6ghHlvkKhRANCAARri3jAbGhgyPzEMyo+iqza/uusjIx/
gArNPMsTKN+N+BVJFy0PrfBNm+NiGVkQ/FTmeVH7ycm6oOGyR5E9k4Ov
-----END PRIVATE KEY-----
`;
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBjDCCATOgAwIBAgIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBB3ZWlnaGJy
aWRnZSB0ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAbMRkw
FwYDVQQDDBB3ZWlnaGJyaWRnZSB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAEa4t4wGxoYMj8xDMqPoqs2v7rrIyMf4AKzTzLEyjfjfgVSRctD63wTZvjYhlZ
EPxU5nlR+8nJuqDhskeRPZODr6NmMGQwMgYDVR0RBCswKYIKbW9kZWwudGVzdIIJ
ZGF0YS50ZXN0ggpvdGhlci50ZXN0hwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wHQYD
VR0OBBYEFGY8HC7BA2vViFADsl99pF0jkzq9MAoGCCqGSM49BAMCA0cAMEQCIATw
1D3UyzCTT7im4ewjAAzrrNOJ52bQdu8YlwKKditcAiA3cVoYiGq+I4wJ5x96g6c3
bZi2XQqbcsAbdejK0kUoZw==
-----END CERTIFICATE-----
`;

export interface ProxyOptions {
  /** 'user:password', which requests must bring. */
  readonly credentials?: string;
  /** Answers every request with this status. */
  readonly refusal?: number;
  /** Speaks TLS itself. */
  readonly isSecure?: boolean;
  /** Takes connections and answers nothing. */
  readonly isSilent?: boolean;
}

export type TestProxy = Awaited<ReturnType<typeof startProxy>>;

/** @param port of the server on loopback to which every host name leads */
export async function startProxy(port: number, options: ProxyOptions = {}) {
  /** Hosts and ports of tunnels, in the order of asking. */
  const tunnels: string[] = [];
  /** URLs of requests without a tunnel. */
  const forwarded: string[] = [];
  const open = new Set<Socket>();
  const verdict = ({ headers }: http.IncomingMessage): number => {
    if (options.refusal !== undefined) return options.refusal;
    if (options.credentials === undefined) return 200;
    const expected = `Basic ${Buffer.from(options.credentials).toString('base64')}`;
    return headers['proxy-authorization'] === expected ? 200 : 407;
  };
  const server = createServer(options.isSecure, (request, response) => {
    forwarded.push(request.url ?? '');
    const status = verdict(request);
    if (status !== 200) return response.writeHead(status).end('no');
    const { pathname, search, host } = new URL(request.url ?? '');
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const given = { port, path: pathname + search, method: request.method };
    const onward = http.request({ ...given, headers: { ...headers, host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
  });
  server.on('connect', (request, socket: Socket) => {
    tunnels.push(request.url ?? '');
    if (options.isSilent) {
      socket.resume().on('end', () => socket.destroy());
      return;
    }
    const status = verdict(request);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`);
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  const { address, close } = await listening(server);
  const scheme = options.isSecure ? 'https' : 'http';
  return { address: `${scheme}://${address}`, tunnels, forwarded, open, close };
}

/** A server that speaks TLS, with the certificate of this file. */
export async function startTlsServer(answer: http.RequestListener) {
  return await listening(createServer(true, answer));
}

function createServer(isSecure: boolean | undefined, answer: http.RequestListener) {
  return isSecure
    ? https.createServer({ key: certificateKey, cert: certificate }, answer)
    : http.createServer(answer);
}

/** Passes requests with their bodies on to a server on loopback. */
export function passTo(origin: string): http.RequestListener {
  return (request, response) => {
    const { method, headers } = request;
    const url = new URL(request.url ?? '', origin);
    const onward = http.request(url, { method, headers: { ...headers, host: url.host } });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
}

async function listening(server: http.Server | https.Server) {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        // Tunnels are no longer connections of the server.
        for (const socket of open) socket.destroy();
      }),
  };
}
