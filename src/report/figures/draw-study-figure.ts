/**
 * Figures 2 and 3 of the paper as one SVG: the scatters in two columns, before and after training
 * side by side, and the correlations as bars at their right. All scatters have the same axes, so
 * that what training changes is seen and not read.
 */
import { WeighbridgeError } from '../../errors.js';
import { drawPicture, type Panel } from '../../plots/compose.js';
import { barsPanel } from './correlation-bars.js';
import { scatterPanels } from './scatter-panels.js';
import type { StudyFigure } from './study-figure.js';

const SIMULATED = 'SIMULATED DATA: made by simulated models, not answers of the models named here';

/**
 * @returns SVG text with its namespace, white ground and fonts named; marks have the classes
 *   points, line, band, correlation and hdi, and each panel its scales as data
 * @throws WeighbridgeError `bad-argument` where there is nothing to draw
 */
export function drawStudyFigure(figure: StudyFigure): string {
  if (figure.panels.length + figure.bars.length === 0) {
    throw new WeighbridgeError('bad-argument', `'${figure.title}' has no panels and no bars`);
  }
  const scatters = scatterPanels(figure);
  const bars = figure.bars.length === 0 ? [] : [barsPanel(figure, scatters)];
  const panels: readonly Panel[] = [...scatters.panels, ...bars];
  const right = (panel: Panel) => panel.x + (panel.options.width ?? 0);
  const bottom = (panel: Panel) => panel.y + (panel.options.height ?? 0);
  return drawPicture({
    kind: 'study-figure',
    width: Math.max(...panels.map(right)) + 6,
    height: Math.max(...panels.map(bottom)) + 4,
    title: figure.title,
    notice: figure.simulated ? SIMULATED : undefined,
    subtitle:
      'points: attributes; line: reports on weights, with its 95% band; r: slope of weights on reports [95% HDI]',
    description: `${figure.title}${figure.simulated ? ' (simulated data)' : ''}`,
    panels,
  }).svg;
}
