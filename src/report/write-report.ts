/**
 * Writes a result folder with the report, its figures, their numbers as CSV, and the weights in the
 * authors' layout.
 */
import { join } from 'node:path';
import { writeFiles, writeWhole } from '../data-files/write-files.js';
import type { FinishedAnalysis, ResultWriter } from '../result/write-result.js';
import { authorsWeights, csvFiles } from './csv-files.js';
import { drawFigures } from './figures/draw-figures.js';
import { displayName, figureData } from './figures/study-figure.js';
import { reportHtml } from './html/report.js';

export interface ReportedAnalysis extends FinishedAnalysis {
  /** Whether to write the figures as PNG too. */
  readonly png: boolean;
}

/** The figures are drawn first: if that fails, an earlier result stays. */
export async function writeReport(writer: ResultWriter, analysis: ReportedAnalysis): Promise<void> {
  const { study, result: reproduction, png } = analysis;
  const figures = await drawFigures(figureData(reproduction, study), {
    simulated: study.provenance?.simulated ?? false,
    drawsOf: (fit) => writer.drawsOf('correlation', fit),
    png,
  });
  const { folder } = writer;
  const { result, fits, contexts } = await writer.writeData(analysis);
  await writeFiles(join(folder, 'csv'), csvFiles(result, fits, contexts, figures));
  await writeFiles(join(folder, 'weights'), authorsWeights(reproduction));
  for (const { name, svg, image } of figures) {
    await writeWhole(join(folder, `${name}.svg`), svg);
    if (image) await writeWhole(join(folder, `${name}.png`), image);
  }
  const modelName = shortNames(result.models);
  await writeWhole(
    join(folder, 'report.html'),
    await reportHtml({ result, fits, contexts, figures, modelName }),
  );
  await writer.seal(result);
}

/** The paper's names for the models, unless two models would share one. */
function shortNames(models: readonly string[]): (model: string) => string {
  const distinct = new Set(models.map(displayName)).size === models.length;
  return distinct ? displayName : (model) => model;
}
