/**
 * The summary of a fit, printed as brms prints its own: a row for each parameter but the effects of
 * single groups, which `ranef` has. Intervals are of highest density, where brms' are equal-tailed.
 */
import type { Family } from '../../../models/families/family.js';
import { parameterDraws } from '../../posterior/draws.js';
import { hdi } from '../../posterior/hdi.js';
import { medianAbsoluteDeviation } from '../../posterior/order.js';
import { fixed, type Printable, printable, textTable } from '../../posterior/printable.js';
import { checkProbability } from '../check-options.js';
import type { FittedRegression } from '../fitted-regression.js';
import { type GroupLayout, layoutOf } from './layout.js';

export interface SummaryOptions {
  /** Probability of the intervals, in (0, 1); default 0.95. */
  readonly prob?: number;
  /** Median and median absolute deviation in place of mean and standard deviation. */
  readonly robust?: boolean;
}

export interface SummaryRow {
  /** Of the parameter among the draws: `b_x1`, `sd_g__Intercept`. */
  readonly parameter: string;
  /** As it is printed: `x1`, `sd(Intercept)`. */
  readonly label: string;
  readonly estimate: number;
  readonly estError: number;
  /** Ends of the highest-density interval. */
  readonly lower: number;
  readonly upper: number;
  readonly rhat: number;
  readonly essBulk: number;
  readonly essTail: number;
}

export interface RegressionSummary {
  readonly formula: string;
  readonly family: Family;
  readonly observations: number;
  readonly prob: number;
  readonly chains: number;
  /** Transitions a chain. */
  readonly warmup: number;
  /** Kept draws a chain. */
  readonly draws: number;
  readonly groups: readonly {
    readonly group: string;
    readonly levels: number;
    readonly rows: readonly SummaryRow[];
  }[];
  readonly population: readonly SummaryRow[];
  /** Parameters of the family beside the linear predictor: σ, ν, the shape. */
  readonly auxiliary: readonly SummaryRow[];
  /** What falls short of trust, with what to do about it. */
  readonly warnings: readonly string[];
  /** What was done to the data and to the model. */
  readonly notes: readonly string[];
}

const algorithmNames = { nuts: 'NUTS', hmc: 'static HMC', 'split-hmc': 'split HMC' } as const;

/** `summary(fit)` of brms, with `toString()` as its `print`. */
export function summaryOf(
  fit: FittedRegression,
  { prob = 0.95, robust = false }: SummaryOptions = {},
): RegressionSummary & Printable {
  checkProbability('prob', prob);
  const layout = layoutOf(fit);
  const row = (place: number, label: string) => summaryRow(fit, place, label, { prob, robust });
  const { draws, warnings, chains } = fit.fit;
  const summary: RegressionSummary = {
    formula: fit.formula,
    family: fit.family,
    observations: fit.specification.data.rows,
    prob,
    chains: draws.chains,
    warmup: chains[0]?.warmup ?? fit.settings.warmup,
    draws: draws.drawsPerChain,
    groups: byGroup(layout.groups).map(({ group, levels, terms }) => ({
      group,
      levels,
      rows: [
        ...terms.flatMap((term) =>
          term.coefficients.map((name, c) => row(term.sds + c, `sd(${name})`)),
        ),
        ...terms.flatMap((term) =>
          correlationLabels(term).map((label, pair) => row(term.correlations + pair, label)),
        ),
      ],
    })),
    population: layout.coefficients.map((name, place) => row(place, name)),
    auxiliary: layout.auxiliary.names.map((name, k) => row(layout.auxiliary.first + k, name)),
    warnings,
    notes: fit.notes,
  };
  return printable(summary, () =>
    summaryText(summary, algorithmNames[chains[0]?.algorithm ?? 'nuts']),
  );
}

/** Terms of one grouping factor, `(1 | g) + (0 + x | g)`, are one section. */
function byGroup(terms: readonly GroupLayout[]) {
  const names = [...new Set(terms.map(({ group }) => group))];
  return names.map((group) => {
    const own = terms.filter((term) => term.group === group);
    return { group, levels: own[0]?.levels.length ?? 0, terms: own };
  });
}

/** In the order of the draws: (1,2), (1,3), (2,3) …. */
function correlationLabels({ coefficients, correlationCount }: GroupLayout): string[] {
  if (correlationCount === 0) return [];
  return coefficients.flatMap((second, place) =>
    coefficients.slice(0, place).map((first) => `cor(${first},${second})`),
  );
}

function summaryRow(
  { fit }: FittedRegression,
  place: number,
  label: string,
  options: Required<SummaryOptions>,
): SummaryRow {
  const { name, mean, median, sd, rhat, essBulk, essTail } = fit.summary[place];
  const centre = options.robust
    ? { estimate: median, estError: medianAbsoluteDeviation(parameterDraws(fit.draws, place)) }
    : { estimate: mean, estError: sd };
  const [lower, upper] = hdi(parameterDraws(fit.draws, place), options.prob);
  return { parameter: name, label, ...centre, lower, upper, rhat, essBulk, essTail };
}

function summaryText(summary: RegressionSummary, algorithm: string): string {
  const { family, formula, observations, chains, warmup, draws, prob } = summary;
  const section = (title: string, rows: readonly SummaryRow[]) =>
    rows.length === 0 ? [] : [title, ...rowLines(rows, prob), ''];
  const groups = summary.groups.flatMap(({ group, levels, rows }) =>
    section(`~${group} (Number of levels: ${levels})`, rows),
  );
  return [
    ` Family: ${family.family}`,
    `  Links: ${linksOf(summary)}`,
    `Formula: ${formula}`,
    `   Data: (Number of observations: ${observations})`,
    `  Draws: ${chains} chains, each with iter = ${warmup + draws}; warmup = ${warmup}; thin = 1;`,
    `         total post-warmup draws = ${chains * draws}`,
    '',
    ...(groups.length > 0 ? ['Group-Level Effects:', ...groups] : []),
    ...section('Population-Level Effects:', summary.population),
    ...section('Family Specific Parameters:', summary.auxiliary),
    `Draws were sampled using ${algorithm}. For each parameter, Bulk_ESS`,
    'and Tail_ESS are effective sample size measures, and Rhat is the potential',
    'scale reduction factor on split chains (at convergence, Rhat = 1).',
    ...summary.warnings.map((warning) => `Warning: ${warning}`),
    ...summary.notes.map((note) => `Note: ${note}`),
  ].join('\n');
}

/** The family's own parameters are sampled as they are. */
function linksOf({ family, auxiliary }: RegressionSummary): string {
  return [
    `mu = ${family.link}`,
    ...auxiliary.map(({ parameter }) => `${parameter} = identity`),
  ].join('; ');
}

function rowLines(rows: readonly SummaryRow[], prob: number): string[] {
  const percent = Number((prob * 100).toPrecision(12));
  const column = (head: string, value: (row: SummaryRow) => number, digits: number) => ({
    head,
    cells: rows.map((row) => fixed(value(row), digits)),
  });
  return textTable(
    rows.map((row) => row.label),
    [
      column('Estimate', (row) => row.estimate, 2),
      column('Est.Error', (row) => row.estError, 2),
      column(`l-${percent}% HDI`, (row) => row.lower, 2),
      column(`u-${percent}% HDI`, (row) => row.upper, 2),
      column('Rhat', (row) => row.rhat, 2),
      column('Bulk_ESS', (row) => row.essBulk, 0),
      column('Tail_ESS', (row) => row.essTail, 0),
    ],
  );
}
