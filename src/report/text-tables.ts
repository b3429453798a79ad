/** Tables for the terminal: the paper's figures next to ours, and two analyses of one study. */
import Table from 'cli-table3';
import pc from 'picocolors';
import type { ByPooling, PooledModel } from '../analysis/choice-prediction.js';
import type {
  CorrelationChange,
  ReadCorrelation,
  ReadingsComparison,
} from '../analysis/compare-readings.js';
import {
  type Agreement,
  agreementOf,
  anyPublished,
  decimalsOf,
  type Figure,
  isCertain,
} from '../analysis/figures.js';
import type { LatentSet } from '../analysis/latent.js';
import type { Reproduction } from '../analysis/reproduce.js';
import { printable } from '../plots/label.js';
import type { Interval } from '../posterior/intervals.js';
import type { Estimate } from '../posterior/log-likelihood.js';
import { THRESHOLDS } from '../posterior/thresholds.js';
import { correlationSetJson, latentJson } from './json.js';
import { type LatentRow, largestError, latentRows } from './latent-rows.js';
import { AGREEMENT_LEGEND } from './words.js';

const paint: Record<Agreement, (text: string) => string> = {
  same: pc.green,
  'Monte Carlo': pc.green,
  close: pc.yellow,
  'within HDI': pc.yellow,
  differs: pc.red,
  'not published': pc.dim,
};

const LEGEND = pc.dim(AGREEMENT_LEGEND);

/** Which figures are certain to their printed digits, in one line. */
export function certaintyLine(figures: readonly Figure[], precision: number): string {
  const open = figures.filter((figure) => !isCertain(figure, decimalsOf(figure, precision)));
  if (open.length === 0) return 'all figures are certain to the printed digit';
  const names = open.map(({ label, model }) => (model === null ? label : `${label} (${model})`));
  return `not certain to the printed digit: ${names.map(printable).join('; ')}`;
}

/**
 * @param title above the table, with a note if the data are simulated
 * @param precision least number of decimals of figures with a posterior
 */
export function figureTable(figures: readonly Figure[], title: string, precision = 2): string {
  const compared = anyPublished(figures);
  const table = new Table({
    ...(compared
      ? {
          head: ['figure', 'published', 'ours', '95% HDI', 'agreement'],
          colAligns: ['left', 'right', 'right', 'right', 'left'],
        }
      : { head: ['figure', 'estimate', '95% HDI'], colAligns: ['left', 'right', 'right'] }),
    style: { head: [], border: [], compact: true },
  });
  let heading = '';
  for (const figure of figures) {
    if (headingOf(figure) !== heading) {
      heading = headingOf(figure);
      table.push([{ colSpan: compared ? 5 : 3, content: pc.bold(printable(heading)) }]);
    }
    const agreement = agreementOf(figure);
    table.push([
      printable(figure.label),
      ...(compared ? [publishedText(figure)] : []),
      figure.ours.toFixed(decimalsOf(figure, precision)),
      formatInterval(figure.interval, decimalsOf(figure, precision)),
      ...(compared ? [paint[agreement](agreement)] : []),
    ]);
  }
  return `${title}\n${table.toString()}${compared ? `\n${LEGEND}` : ''}`;
}

function headingOf({ section, model }: Figure): string {
  return model === null ? section : `${section} · ${model}`;
}

function publishedText({ published, publishedInterval, decimals }: Figure): string {
  const parts = [
    published === null ? '' : published.toFixed(decimals),
    formatInterval(publishedInterval, decimals),
  ];
  return parts.filter((part) => part !== '').join(' ') || '-';
}

function formatInterval(interval: Interval | null, decimals: number): string {
  if (interval === null) return '';
  return `[${interval[0].toFixed(decimals)}, ${interval[1].toFixed(decimals)}]`;
}

/** Raw and latent correlations side by side, and what the joint model left out. */
export function latentTable(result: Reproduction, latent: LatentSet): string {
  const { models, neverTrained = [] } = result;
  const rows = latentRows({
    models: models.map(({ name }) => name),
    never_trained: neverTrained,
    ...correlationSetJson(result),
    ...latentJson(latent),
  });
  const table = new Table({
    head: ['correlation', 'raw', '95% HDI', 'latent', '95% HDI'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const number = (value: number | null) => value?.toFixed(2) ?? '-';
  const cells = (one: LatentRow['raw']) =>
    one ? [number(one.value), `[${one.hdi.map(number).join(', ')}]`] : ['-', ''];
  let heading = '';
  for (const row of rows) {
    const next = row.model ?? 'all models';
    if (next !== heading) {
      heading = next;
      table.push([{ colSpan: COLUMNS, content: pc.bold(printable(heading)) }]);
    }
    table.push([row.label, ...cells(row.raw), ...cells(row.latent)]);
  }
  const notes = latent.notes.map((note) => pc.dim(`note: ${printable(note)}`));
  const legend = [LATENT_LEGEND, largestError(rows)].filter((line) => line !== '');
  return [table.toString(), ...legend.map((line) => pc.dim(line)), ...notes].join('\n');
}

const LATENT_LEGEND =
  'raw: the slope of weights on mean reports, which measurement error attenuates;\nlatent: the correlation without measurement error, by the joint model of choices and reports';

/** Names of the two analyses, for example 'as made' and 'by probability'. */
export interface ReadingNames {
  readonly base: string;
  readonly other: string;
}

const COLUMNS = 5;

export function readingsTable(comparison: ReadingsComparison, names: ReadingNames): string {
  const table = new Table({
    head: ['', names.base, names.other, 'change', 'HDI width'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const heading = (text: string) => table.push([{ colSpan: COLUMNS, content: pc.bold(text) }]);

  heading('correlations, r and 95% HDI');
  for (const change of comparison.correlations) table.push(correlationRow(change));
  if (comparison.correlations.some(reportsDiffer)) {
    heading('reports behind them');
    for (const { key, base, other } of comparison.correlations) {
      if (base.reports !== null && other.reports !== null) {
        table.push(countRow(key, base.reports, other.reports));
      }
    }
  }
  heading('mean width of the 95% HDIs of the weight slopes');
  for (const { model, setting, base, other, changePercent } of comparison.slopeWidths) {
    table.push([
      `${model}/${setting}`,
      base.toFixed(3),
      other.toFixed(3),
      signed(other - base, 3),
      percent(changePercent),
    ]);
  }
  heading('reports used');
  for (const { model, base, other } of comparison.reportsUsed) {
    table.push(countRow(model, base, other));
  }
  return table.toString();
}

function correlationRow({ key, base, other, changeInR, hdiWidthChangePercent }: CorrelationChange) {
  return [
    key,
    correlationText(base),
    correlationText(other),
    signed(changeInR, 3),
    percent(hdiWidthChangePercent),
  ];
}

function reportsDiffer({ base, other }: CorrelationChange): boolean {
  return base.reports !== other.reports;
}

function countRow(label: string, base: number, other: number): string[] {
  return [label, `${base}`, `${other}`, signed(other - base, 0), ''];
}

function correlationText({ r, hdi: [low, high] }: ReadCorrelation): string {
  return `${r.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function percent(value: number): string {
  return Number.isFinite(value) ? `${signed(value, 1)}%` : '-';
}

/** With a sign, unless it rounds to zero. */
function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '-' : '+'}${text}`;
}

const POOLING_LEGEND = pc.dim(
  'sums over choices of the log probability of the choice that was made, and standard errors over contexts;\nnone: a regression for each context; partial: one of all contexts. The option chosen in a new context\ncannot be predicted, because the signs of its weights are unknown; its score shows how large weights are expected',
);

/** The regressions of all contexts, and how well choices are predicted by them and without pooling. */
export function pooledTable(pooled: readonly PooledModel[]): string {
  const table = new Table({
    head: ['partial pooling', 'none', 'partial', 'difference'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const heading = (text: string) => table.push([{ colSpan: 4, content: pc.bold(text) }]);
  const nameOf = ({ model, setting }: PooledModel) => printable(`${model}/${setting}`);
  heading('standard deviation of the weights, in logits a range, and 95% HDI');
  for (const one of pooled) {
    const tau = one.hyperparameters.find(({ name }) => name === 'tau_w');
    if (tau) {
      table.push([nameOf(one), '', `${tau.mean.toFixed(2)} ${formatInterval(tau.hdi, 2)}`, '']);
    }
  }
  const scored = pooled.flatMap((one) =>
    one.prediction ? [{ name: nameOf(one), prediction: one.prediction }] : [],
  );
  if (scored.length === 0) {
    return `${table.toString()}\n${pc.dim('choices weighed by probability: a fractional outcome has no predictive density')}`;
  }
  heading('log score of each choice, given the others');
  for (const { name, prediction } of scored)
    table.push([name, ...scores(prediction.leftOutChoices)]);
  heading('% of choices predicted by the others');
  for (const { name, prediction } of scored)
    table.push([name, ...scores(prediction.correctPercent)]);
  heading('log score of the choices of a context, given those of other contexts');
  for (const { name, prediction } of scored) {
    table.push([name, ...scores(prediction.leftOutContexts)]);
  }
  const doubtful = scored.filter(({ prediction }) => prediction.paretoK > THRESHOLDS.paretoK);
  const warning = doubtful.map(({ name, prediction: { paretoK } }) => {
    const found = Number.isFinite(paretoK) ? paretoK.toFixed(2) : 'infinite';
    return `\n${name}: Pareto k is ${found}, above ${THRESHOLDS.paretoK}; some of its scores are unreliable`;
  });
  return `${table.toString()}\n${POOLING_LEGEND}${warning.join('')}`;
}

function scores({ none, partial, difference }: ByPooling<Estimate>): string[] {
  const text = ({ estimate, se }: Estimate) => `${estimate.toFixed(1)} (${se.toFixed(1)})`;
  return [
    text(none),
    text(partial),
    `${signed(difference.estimate, 1)} (${difference.se.toFixed(1)})`,
  ];
}
