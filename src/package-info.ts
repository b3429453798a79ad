/**
 * Where the installed package lies and which version it is, whether it runs from `dist` or from
 * sources: found through the package's own name.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const manifest = createRequire(import.meta.url).resolve('weighbridge/package.json');

const { version, bin } = JSON.parse(readFileSync(manifest, 'utf8'));

export const packageVersion: string = version;

/** The file that Node runs as the command. */
export const commandPath: string = join(dirname(manifest), bin.weighbridge);

/** A file or folder that ships in `fixtures/`. */
export function fixturePath(...parts: string[]): string {
  return join(dirname(manifest), 'fixtures', ...parts);
}
