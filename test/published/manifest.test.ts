import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { PUBLISHED_COMMIT, PUBLISHED_FILES } from '../../src/published/manifest.js';

const sums = new URL('../../../shared/published/SHA256SUMS', import.meta.url);

describe('the manifest of the published data', () => {
  it('pins a full commit', () => {
    expect(PUBLISHED_COMMIT).toMatch(/^[0-9a-f]{40}$/);
  });

  it('names no file twice', () => {
    expect(new Set(PUBLISHED_FILES.map(({ name }) => name)).size).toBe(PUBLISHED_FILES.length);
  });

  it.each(PUBLISHED_FILES)('gives $name a whole SHA-256 and a positive size', (file) => {
    expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(Number.isInteger(file.bytes) && file.bytes > 0).toBe(true);
  });

  it('equals the list of sums and the sizes of the files beside the checkout', async ({ skip }) => {
    if (!existsSync(sums)) skip('no ../shared/published/SHA256SUMS beside the checkout');
    const lines = (await readFile(sums, 'utf8')).trim().split('\n');
    const listed = await Promise.all(
      lines.map(async (line) => {
        const [sha256, name] = line.split(/\s+/);
        return { name, sha256, bytes: (await stat(new URL(name, sums))).size };
      }),
    );
    expect(PUBLISHED_FILES).toEqual(listed);
  });
});
