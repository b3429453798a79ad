/**
 * The result folder of a small study, made in this process by what `--out` calls: short chains, a
 * few contexts.
 */

import { join } from 'node:path';
import { figuresOf } from '../../src/analysis/figures.js';
import { type Reproduction, reproduce } from '../../src/analysis/reproduce.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import { readPaperFigures } from '../../src/cli/paper-figures.js';
import type { Draws } from '../../src/posterior/draws.js';
import { reproductionJson } from '../../src/report/json.js';
import { type ReportedAnalysis, writeReport } from '../../src/report/write-report.js';
import { beginResult } from '../../src/result/write-result.js';
import type { Study } from '../../src/study/study.js';
import { type SmallStudy, smallStudy } from './small-study.js';
import { temporaryFolder } from './temporary-folder.js';

export const shortChains = {
  chains: 2,
  warmup: 100,
  draws: 50,
  seed: 11,
  algorithm: 'auto',
} as const;

export interface SmallResult {
  /** Of the result. */
  readonly folder: string;
  readonly study: Study;
  readonly result: Reproduction;
  /** As they were made, by the kind and the name of their fit. */
  readonly draws: ReadonlyMap<string, Draws>;
  remove(): Promise<void>;
}

export interface SmallResultOptions {
  readonly contexts?: number;
  /** Where to write; a folder of its own where absent. */
  readonly into?: string;
  readonly finish?: Partial<ReportedAnalysis>;
  /** What is changed in the data before they are read. */
  readonly edit?: (data: SmallStudy) => Promise<void>;
}

export async function smallResult({
  contexts = 2,
  into,
  finish = {},
  edit = async () => {},
}: SmallResultOptions = {}): Promise<SmallResult> {
  const data = await smallStudy({ contexts });
  const own = await temporaryFolder();
  try {
    await edit(data);
    const folder = into ?? join(own.folder, 'out');
    return { ...(await writeSmall(data.folder, folder, finish)), remove: own.remove };
  } finally {
    await data.remove();
  }
}

async function writeSmall(data: string, folder: string, finish: Partial<ReportedAnalysis>) {
  const study = await readStudy(data);
  const writer = await beginResult(folder, shortChains);
  const draws = new Map<string, Draws>();
  const result = await reproduce(study, {
    ...shortChains,
    observe: (round) => {
      const written = writer.observe(round);
      return (fit) => {
        const kind = round.find(({ job }) => job.name === fit.name)?.subject.kind;
        if (fit.draws) draws.set(`${kind} ${fit.name}`, fit.draws);
        written(fit);
      };
    },
  });
  const document = await documentOf(study, result);
  const command = 'weighbridge reproduce --out out';
  await writeReport(writer, { study, result, document, command, png: false, ...finish });
  return { folder, study, result, draws };
}

/** The document of --json. */
export async function documentOf(study: Study, result: Reproduction) {
  return reproductionJson(result, figuresOf(result, await readPaperFigures()), {
    ...shortChains,
    version: '1.2.3',
    folder: study.folder,
    provenance: study.provenance,
    weighChoices: 'as-made',
    precision: 2,
    seconds: 1.5,
    warnings: [...study.warnings, ...result.warnings],
  });
}
