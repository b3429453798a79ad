/** The gallery shows every plot there is. That its examples run is tested with those of all pages. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as plots from '../../src/plots.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/gallery.md', import.meta.url)), 'utf8');
const functions = Object.keys(plots).filter((name) => name.startsWith('plot'));
const pictures = [...page.matchAll(/!\[([^\]]+)\]\(([^)]+)\)/g)].map(
  ([, description = '', file = '']) => ({ description, file }),
);

describe('the gallery', () => {
  it.each(functions)('has a section on %s, and an example of it', (name) => {
    expect(page).toMatch(new RegExp(`^###.* ?${name}\\b`, 'm'));
    expect(page).toMatch(new RegExp(`\`\`\`js[^\`]*import \\{[^}]*\\b${name}\\b`));
  });

  it('has the pictures that it names, each with words for those who cannot see it', () => {
    expect(pictures.length).toBeGreaterThanOrEqual(functions.length);
    for (const { description, file } of pictures) {
      expect(description.length).toBeGreaterThan(10);
      expect(existsSync(new URL(`../../docs/${file}`, import.meta.url))).toBe(true);
    }
  });

  it('says that its data are simulated', () => {
    expect(page).toMatch(/\*\*simulated\*\*/);
  });
});
