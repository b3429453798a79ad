/**
 * The built page: a handful of files that Vite wrote into `dist`, held in memory, so that no path
 * of a request ever reaches the disk.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, sep } from 'node:path';
import { WeighbridgeError } from '../../errors.js';

export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** By path in the address: `/` for the page itself. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where Vite puts it, found through the package's name: the same from sources and from `dist`. */
function builtPage(): string {
  const manifest = createRequire(import.meta.url).resolve('weighbridge/package.json');
  return join(dirname(manifest), 'dist/src/report/viewer/page-dist');
}

/** @throws WeighbridgeError `missing-file` where the page was never built */
export async function readPageFiles(folder = builtPage()): Promise<PageFiles> {
  const names = await readdir(folder, { recursive: true }).catch((cause) => {
    throw new WeighbridgeError(
      'missing-file',
      `the viewer's page is missing (${folder}): run npm run build`,
      { cause },
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
