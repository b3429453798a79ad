/**
 * The folder of a study of explanations while it is run: what is done is never done again.
 *
 *     study.json               which study it is
 *     networks/NAME/           a trained network, as src/exchange/saved-transformer.ts writes it
 *     cells/NAME.jsonl.gz      the answers of one trained explainer, a row for each item
 *
 * Files are written whole, under another name first, so that a stopped run leaves none that is cut short.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { Transformer } from '../../models/transformer/transformer.js';
import { badArgument } from '../checks/values.js';
import { writeFolder, writeWhole } from '../data-files/write-files.js';
import { WeighbridgeError } from '../errors.js';
import {
  decodeTransformer,
  encodeTransformer,
  TRANSFORMER_FILES,
} from '../exchange/saved-transformer.js';
import { type Cell, cellName, type Prediction } from '../explain/grid.js';
import { STUDY_SIZES, type StudyPlan } from '../explain/plan.js';
import type { WorldOptions } from '../explain/world.js';
import { packageVersion } from '../package-info.js';

const FORMAT = 'weighbridge-explanation-study';
const VERSION = 1;

const studyFile = z.object({
  format: z.literal(FORMAT),
  format_version: z.number(),
  /** Version of weighbridge. */
  weighbridge: z.string(),
  size: z.enum(STUDY_SIZES),
  seed: z.union([z.number(), z.string()]),
});

export class StudyFolder {
  readonly path: string;

  /** @see openStudyFolder */
  constructor(path: string) {
    this.path = path;
  }

  /** Null if it is not trained yet. @throws WeighbridgeError `damaged` */
  async network(name: string): Promise<Transformer | null> {
    const folder = this.#networkFolder(name);
    const files = new Map<string, Uint8Array>();
    for (const file of TRANSFORMER_FILES) {
      const bytes = await readIfThere(join(folder, file));
      if (bytes === null) return null;
      files.set(file, bytes);
    }
    return decodeTransformer(files);
  }

  async writeNetwork(name: string, network: Transformer): Promise<void> {
    await mkdir(join(this.path, 'networks'), { recursive: true });
    await writeFolder(this.#networkFolder(name), {
      files: encodeTransformer(network),
      what: 'a network',
      isOurs: (file) => TRANSFORMER_FILES.includes(file),
    });
  }

  /** Bytes of a file of `studyFiles`. @throws WeighbridgeError `missing-file` */
  async readFile(file: string): Promise<Uint8Array> {
    const path = join(this.path, file);
    const bytes = await readIfThere(path);
    if (bytes !== null) return bytes;
    throw new WeighbridgeError('missing-file', `${path} is missing`, { details: { file: path } });
  }

  async writeFile(file: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.path, file);
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, bytes);
  }

  /** Names of the cells that are done. */
  async doneCells(): Promise<ReadonlySet<string>> {
    const names = await readdir(join(this.path, 'cells')).catch(() => []);
    return new Set(names);
  }

  isDone(cell: Cell, done: ReadonlySet<string>): boolean {
    return done.has(cellFile(cell));
  }

  async writeCell(cell: Cell, rows: readonly Prediction[]): Promise<void> {
    await mkdir(join(this.path, 'cells'), { recursive: true });
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeWhole(join(this.path, 'cells', cellFile(cell)), gzipSync(text));
  }

  /** @throws WeighbridgeError `missing-file`, `damaged` */
  async readCell(cell: Cell): Promise<Prediction[]> {
    const path = join(this.path, 'cells', cellFile(cell));
    const bytes = await readIfThere(path);
    if (bytes === null) {
      throw new WeighbridgeError('missing-file', `${path} is missing`, { details: { file: path } });
    }
    try {
      const lines = gunzipSync(bytes).toString('utf8').trimEnd().split('\n');
      return lines.map((line): Prediction => JSON.parse(line));
    } catch (cause) {
      throw new WeighbridgeError(
        'damaged',
        `${path} is damaged: delete it, and run the study again to make it anew`,
        { details: { file: path }, cause },
      );
    }
  }

  #networkFolder(name: string): string {
    return join(this.path, 'networks', slug(name));
  }
}

/** A file of a study that is done, and the cell whose answers it has; null for a part of a network. */
interface StudyFile {
  /** Within the folder, with slashes. */
  readonly file: string;
  readonly cell: Cell | null;
}

/** The files of networks, then of cells, in the order of the plan. */
export function studyFiles({ networks, larger, cells }: StudyPlan): StudyFile[] {
  return [
    ...[...networks, ...larger].flatMap(({ name }) =>
      TRANSFORMER_FILES.map((file) => ({ file: `networks/${slug(name)}/${file}`, cell: null })),
    ),
    ...cells.map((cell) => ({ file: `cells/${cellFile(cell)}`, cell })),
  ];
}

function cellFile(cell: Cell): string {
  return `${slug(cellName(cell))}.jsonl.gz`;
}

function slug(name: string): string {
  return name.replaceAll(/[^a-z0-9]+/gi, '-');
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Makes the folder of a study, or opens it to go on.
 * @throws WeighbridgeError `bad-argument` for a folder of other things or of another study,
 *   `wrong-version` for one of another version of weighbridge, `damaged`
 */
export async function openStudyFolder(
  path: string,
  { size, world: { seed } }: Pick<StudyPlan, 'size' | 'world'>,
): Promise<StudyFolder> {
  const file = join(path, 'study.json');
  const bytes = await readIfThere(file);
  if (bytes !== null) requireSame(file, bytes, { size, seed });
  else {
    const found = await readdir(path).catch(() => []);
    const [first] = found;
    if (first !== undefined) {
      throw badArgument(
        `${path} is not the folder of a study of explanations (it has ${first}): expected a new or empty folder`,
        { found: path },
      );
    }
    await mkdir(path, { recursive: true });
    const document = { format: FORMAT, format_version: VERSION, weighbridge: packageVersion };
    await writeWhole(file, `${JSON.stringify({ ...document, size, seed }, null, 1)}\n`);
  }
  return new StudyFolder(path);
}

function requireSame(
  file: string,
  bytes: Uint8Array,
  { size, seed }: { readonly size: string; readonly seed: WorldOptions['seed'] },
): void {
  const parsed = studyFile.safeParse(parsedJson(bytes));
  if (!parsed.success) {
    throw new WeighbridgeError('damaged', `${file} is not the description of a study: delete it`, {
      details: { file },
    });
  }
  const { data } = parsed;
  if (data.format_version !== VERSION || data.weighbridge !== packageVersion) {
    throw new WeighbridgeError(
      'wrong-version',
      `${file} was begun by weighbridge ${data.weighbridge}, whose explainers may learn otherwise: expected ${packageVersion}`,
    );
  }
  if (data.size !== size || data.seed !== seed) {
    throw badArgument(
      `${file} is a study with --size ${data.size} --seed ${data.seed}, expected --size ${size} --seed ${seed}`,
      { found: `--size ${data.size} --seed ${data.seed}` },
    );
  }
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}
