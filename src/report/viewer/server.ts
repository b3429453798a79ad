/**
 * The viewer's server: a result folder on loopback, for the browser of the person who started it.
 */
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { WeighbridgeError } from '../../errors.js';
import { type ResultFolder, readResult } from '../result-folder/read-result.js';
import { viewerApp } from './app.js';
import { type PageFiles, readPageFiles } from './page-files.js';

export interface ViewerOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** The built page; default: the one that comes with weighbridge. */
  readonly page?: PageFiles;
}

export interface Viewer {
  /** `http://127.0.0.1:PORT/`. */
  readonly url: string;
  /** Cuts what is still open. */
  close(): Promise<void>;
}

/** Nobody else can reach it. */
const HOST = '127.0.0.1';

/**
 * Resolves when it listens.
 * @throws WeighbridgeError as `readResult`; `missing-file` where the page was not built;
 * `bad-argument` for a port that is taken
 */
export async function startViewer(path: string, options: ViewerOptions = {}): Promise<Viewer> {
  const folder = await readResult(path);
  try {
    return await serve(folder, options);
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** Serves a folder that is already open, and closes it in the end. */
export async function serve(
  folder: ResultFolder,
  { port = 0, page }: ViewerOptions = {},
): Promise<Viewer> {
  const { fetch } = viewerApp(folder, page ?? (await readPageFiles()));
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false });
  const address = await listen(server, port);
  return {
    url: `http://${HOST}:${address.port}/`,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await folder.close();
    },
  };
}

async function listen(server: ServerType, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message;
      const message = `cannot listen on ${HOST} port ${port}: ${reason}`;
      reject(new WeighbridgeError('bad-argument', message, { cause }));
    });
    server.listen(port, HOST, () => resolve(server.address() as AddressInfo));
  });
}
