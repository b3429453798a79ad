/** The viewer's server: serves a result folder on loopback. */

import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { WeighbridgeError } from '../errors.js';
import { listen, stopListening } from '../http/listen.js';
import { type AnyFolder, readAnyResult } from '../result/read-any.js';
import { answersApp } from './answers-app.js';
import { viewerApp } from './app.js';
import { explanationsApp } from './explanations-app.js';

interface ViewerOptions {
  /** @default 0, any free port */
  readonly port?: number;
  /** The built page. @default the one in the package */
  readonly page?: PageFiles;
}

export interface Viewer {
  /** `http://127.0.0.1:PORT/`. */
  readonly url: string;
  /** Closes the folder and cuts open connections. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Resolves when the server listens.
 * @throws WeighbridgeError as `readResult`; `missing-file` if the page was not built; `bad-argument`
 * if the port is taken
 */
export async function startViewer(path: string, options: ViewerOptions = {}): Promise<Viewer> {
  const folder = await readAnyResult(path);
  try {
    return await serve(folder, options);
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** Serves an open folder, and closes it together with the server. */
export async function serve(
  folder: AnyFolder,
  { port = 0, page }: ViewerOptions = {},
): Promise<Viewer> {
  const { fetch } = await appOf(folder, page);
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false });
  const address = await listen(server, HOST, port);
  return {
    url: `http://${HOST}:${address.port}/`,
    async close() {
      await stopListening(server);
      await folder.close();
    },
  };
}

async function appOf(folder: AnyFolder, page: PageFiles | undefined): Promise<Hono> {
  if ('answers' in folder) return answersApp(folder);
  if ('predictions' in folder) return explanationsApp(folder);
  return viewerApp(folder, page ?? (await readPageFiles()));
}

interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The built page by path in the address: `/` for the page itself. Held in memory, so that no path of
 * a request reaches the disk.
 */
export type PageFiles = ReadonlyMap<string, PageFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Found through the package's name, so that sources and `dist` give the same folder. */
function builtPage(): string {
  const manifest = createRequire(import.meta.url).resolve('weighbridge/package.json');
  return join(dirname(manifest), 'dist/src/viewer/page-dist');
}

/** @throws WeighbridgeError `missing-file` if the page was not built */
async function readPageFiles(folder = builtPage()): Promise<PageFiles> {
  const names = await readdir(folder, { recursive: true }).catch((cause) => {
    throw new WeighbridgeError(
      'missing-file',
      `the viewer's page is missing (${folder}): run \`npm run build\``,
      { details: { file: folder }, cause },
    );
  });
  const served = names.filter((name) => extname(name) in types);
  const entries = await Promise.all(
    served.map(async (name): Promise<[string, PageFile]> => {
      const address = name === 'index.html' ? '/' : `/${name.split(sep).join('/')}`;
      const bytes = new Uint8Array(await readFile(join(folder, name)));
      return [address, { type: types[extname(name)] ?? 'text/plain', bytes }];
    }),
  );
  return new Map(entries);
}
