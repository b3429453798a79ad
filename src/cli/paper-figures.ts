/** The paper's figures, from `fixtures/`. */
import { readFile } from 'node:fs/promises';
import { type PaperFigures, paperFiguresSchema } from '../analysis/figures.js';
import { fixturePath } from '../package-info.js';

export async function readPaperFigures(): Promise<PaperFigures> {
  const text = await readFile(fixturePath('paper-figures.json'), 'utf8');
  return paperFiguresSchema.parse(JSON.parse(text));
}
