/** A TCP proxy on loopback whose connections can be cut, as a network is. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * How a network is cut. `closed`: connections end, and new ones are refused. `silent`: no bytes pass, and
 * neither side gets an error; connections from before the cut carry nothing after it either.
 */
export type Cut = 'closed' | 'silent';

export type CutProxy = Awaited<ReturnType<typeof startCutProxy>>;

/** @param port on loopback to which the proxy leads */
export async function startCutProxy(port: number) {
  const open = new Set<Socket>();
  let state: Cut | 'open' = 'open';
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  };
  const server = createServer((near) => {
    keep(near);
    if (state === 'closed') return near.destroy();
    if (state === 'silent') return near.resume();
    const far = connect(port, '127.0.0.1');
    keep(far);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  const destroyAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `redis://127.0.0.1:${own}/0`,
    cut: (how: Cut) => {
      state = how;
      if (how === 'closed') return destroyAll();
      for (const socket of open) socket.unpipe().resume();
    },
    mend: () => {
      state = 'open';
    },
    close: async () => {
      destroyAll();
      server.close();
      await once(server, 'close');
    },
  };
}
