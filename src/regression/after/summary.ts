/**
 * The summary of a fit, printed as brms prints its own: a row for each parameter but the effects of
 * single groups, which `ranef` has. Intervals are of highest density, where brms' are equal-tailed.
 */
import { type Family, isThresholdPredictor } from '../../../models/families/family.js';
import { parameterLink } from '../../../models/families/parameter-links.js';
import { isNominal, thresholdsOf } from '../../../models/families/thresholds.js';
import { requireProbability } from '../../checks/options.js';
import { formulaTexts } from '../../formula/format.js';
import { parseFormula } from '../../formula/parse-formula.js';
import { parameterDraws } from '../../posterior/draws.js';
import { mcseHdi } from '../../posterior/interval-errors.js';
import { hdi, type Interval } from '../../posterior/intervals.js';
import type { Kfold } from '../../posterior/kfold.js';
import type { Loo } from '../../posterior/loo.js';
import { centreOf, spreadOf } from '../../posterior/point-summary.js';
import { fixed, type Printable, printable, textTable } from '../../posterior/printable.js';
import { medianAbsoluteDeviation } from '../../posterior/quantiles.js';
import {
  diagnosticsRecord,
  type ParameterSummary,
  summaryRecord,
} from '../../posterior/summary.js';
import type { FittedRegression } from '../fitted-regression.js';
import { isMatrixPrior, type PriorInUse } from '../priors/prior-rows.js';
import { isGroupEffect } from '../validation/criteria.js';
import { type PriorInfluence, priorInfluences } from '../validation/prior-influence.js';
import { categoriesOf } from './categories.js';
import { kfoldJson, looJson } from './cross-validation-json.js';
import { type GroupLayout, layoutOf, sizesOfTerms } from './layout.js';
import { comparedGroups, ranksOf } from './ranks.js';

export interface SummaryOptions {
  /** Probability of the intervals, in (0, 1). @default 0.95 */
  readonly mass?: number;
  /** Median and median absolute deviation in place of mean and standard deviation. */
  readonly robust?: boolean;
}

export interface SummaryRow {
  /** Name of the parameter among the draws: `b_x1`, `sd_g__Intercept`. */
  readonly name: string;
  /** As it is printed: `x1`, `sd(Intercept)`. */
  readonly label: string;
  readonly mean: number;
  readonly sd: number;
  /** Robust summaries only. */
  readonly median?: number;
  /** Median absolute deviation times 1.4826, of a robust summary. */
  readonly mad?: number;
  /** Ends of the highest-density interval. */
  readonly lower: number;
  readonly upper: number;
  /** Monte Carlo standard errors of `lower` and `upper`. */
  readonly mcse: Interval;
  /** Monte Carlo standard error of `mean`. */
  readonly mcseMean: number;
  readonly rhat: number;
  readonly essBulk: number;
  readonly essTail: number;
}

export interface RegressionSummary {
  readonly formula: string;
  readonly family: Family;
  readonly observations: number;
  /** Number of choice sets, whose options are the rows. @default none */
  readonly choiceSets?: number;
  readonly mass: number;
  readonly chains: number;
  /** Transitions per chain. */
  readonly warmup: number;
  /** Kept draws per chain. */
  readonly draws: number;
  readonly groups: readonly {
    readonly group: string;
    readonly levels: number;
    readonly rows: readonly SummaryRow[];
  }[];
  readonly population: readonly SummaryRow[];
  /**
   * Parameters of terms beyond their sizes, by the titles of brms' sections: the shares of a monotonic effect's steps,
   * the scales of splines and Gaussian processes; and scales that slopes share.
   */
  readonly terms: readonly { readonly title: string; readonly rows: readonly SummaryRow[] }[];
  /** The family's own parameters: σ, ν, the shape. */
  readonly auxiliary: readonly SummaryRow[];
  /** Parameters of predictors that are not known exactly; empty without. */
  readonly latents: readonly SummaryRow[];
  /** The priors of each class, and how far they move the posterior. */
  readonly priors: readonly PriorInfluence[];
  /** One sentence per problem, with a remedy. */
  readonly warnings: readonly string[];
  /** What was done to the data and to the model. */
  readonly notes: readonly string[];
}

const algorithmNames = { nuts: 'NUTS', hmc: 'static HMC', 'split-hmc': 'split HMC' } as const;

/** `summary(fit)` of brms, with `toString()` as its `print`. */
export function summaryOf(
  fit: FittedRegression,
  { mass = 0.95, robust = false }: SummaryOptions = {},
): RegressionSummary & Printable {
  requireProbability('mass', mass);
  const layout = layoutOf(fit);
  const row = (place: number, label: string) => summaryRow(fit, place, label, { mass, robust });
  const { draws, warnings, chains } = fit;
  const { rows, sets } = fit.specification.data;
  const summary: RegressionSummary = {
    formula: fit.formula,
    family: fit.family,
    observations: rows,
    ...(sets && { choiceSets: sets.count }),
    mass,
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
    population: [
      ...layout.coefficients.map((name, place) => row(place, name)),
      ...sizesOfTerms(layout).map(({ name, place }) => row(place, name)),
    ],
    terms: [
      ...termSections.map(({ title, pattern, label }) => {
        const own = layout.terms.filter(({ name }) => pattern.test(name));
        return {
          title,
          rows: own.map(({ name, place }) => row(place, name.replace(pattern, label))),
        };
      }),
      {
        title: 'Prior Parameters',
        rows: layout.priorParameters.map(({ name, place }) => row(place, name)),
      },
    ].filter(({ rows }) => rows.length > 0),
    auxiliary: layout.auxiliary.names.map((name, k) => row(layout.auxiliary.first + k, name)),
    latents: draws.parameterNames.flatMap((name, place) =>
      place < layout.latents || isGroupEffect(name) ? [] : [row(place, name.replace(/^b_/, ''))],
    ),
    priors: priorInfluences(fit),
    warnings,
    notes: fit.notes,
  };
  return printable(summary, () =>
    summaryText(summary, algorithmNames[chains[0]?.algorithm ?? 'nuts']),
  );
}

/** Sections of the parameters of terms beyond their sizes, by brms' names; as in brms, others are not shown. */
const termSections = [
  { title: 'Smooth Terms', pattern: /^(sds)_(.*)$/, label: '$1($2)' },
  { title: 'Gaussian Process Terms', pattern: /^(sdgp|lscale)_(.*)$/, label: '$1($2)' },
  { title: 'Simplex Parameters', pattern: /^simo_(.*)$/, label: '$1' },
];

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
  { draws, parameters }: FittedRegression,
  place: number,
  label: string,
  options: Required<SummaryOptions>,
): SummaryRow {
  const { name, mean, median, sd, mcseMean, rhat, essBulk, essTail } = parameters[place];
  const robust = options.robust && {
    median,
    mad: medianAbsoluteDeviation(parameterDraws(draws, place)),
  };
  const values = parameterDraws(draws, place);
  const [lower, upper] = hdi(values, options.mass);
  const mcse = mcseHdi(values, draws.chains, options.mass);
  const interval = { lower, upper, mcse };
  return { name, label, mean, sd, ...robust, ...interval, mcseMean, rhat, essBulk, essTail };
}

function summaryText(summary: RegressionSummary, algorithm: string): string {
  const { family, observations, choiceSets, chains, warmup, draws, mass } = summary;
  const formula = formulaTexts(parseFormula(summary.formula));
  const section = (title: string, rows: readonly SummaryRow[]) =>
    rows.length === 0 ? [] : [title, ...rowLines(rows, mass), ''];
  const groups = summary.groups.flatMap(({ group, levels, rows }) =>
    section(`~${group} (Number of levels: ${levels})`, rows),
  );
  return [
    ` Family: ${family.custom ? `${family.custom.name} (custom)` : family.family}`,
    `  Links: ${linksOf(summary)}`,
    ...formula.map((text, i) => `${i === 0 ? 'Formula: ' : '         '}${text}`),
    `   Data: (${
      choiceSets === undefined
        ? `Number of observations: ${observations}`
        : `Number of choice sets: ${choiceSets}, of options: ${observations}`
    })`,
    `  Draws: ${chains} chains, each with iter = ${warmup + draws}; warmup = ${warmup}; thin = 1;`,
    `         total post-warmup draws = ${chains * draws}`,
    '',
    ...(groups.length > 0 ? ['Group-Level Effects:', ...groups] : []),
    ...section('Population-Level Effects:', summary.population),
    ...summary.terms.flatMap(({ title, rows }) => section(`${title}:`, rows)),
    ...section('Family Specific Parameters:', summary.auxiliary),
    ...section('Latent Predictors:', summary.latents),
    `Draws were sampled using ${algorithm}. For each parameter, Bulk_ESS`,
    'and Tail_ESS are effective sample size measures, and Rhat is the potential',
    'scale reduction factor on split chains (at convergence, Rhat = 1).',
    ...mcseLines(summary),
    ...priorLines(summary),
    ...summary.warnings.map((warning) => `Warning: ${warning}`),
    ...summary.notes.map((note) => `Note: ${note}`),
  ].join('\n');
}

/** One line: the priors of each class, and by how many posterior sds they move a mean. */
function priorLines({ priors }: RegressionSummary): string[] {
  if (priors.length === 0) return [];
  const parts = priors.map(({ class: name, priors: texts, parameter, shift }) => {
    const [first = ''] = texts;
    const text = first === '(flat)' ? 'flat' : first;
    const more = texts.length > 1 ? ` and ${texts.length - 1} more` : '';
    if (parameter === null || shift === null) return `of ${name}: ${text}${more}`;
    return `of ${name}: ${text}${more}, moves ${parameter} by ${shiftText(shift)} sd`;
  });
  return [`Prior ${parts.join('; ')}.`];
}

function shiftText(shift: number): string {
  const size = Math.abs(shift);
  return size < 0.005 ? 'less than 0.01' : fixed(size, 2);
}

/** The largest Monte Carlo errors of the table. */
function mcseLines(summary: RegressionSummary): string[] {
  const { groups, population, terms, auxiliary, latents } = summary;
  const shares = terms.flatMap(({ rows }) => rows);
  const inGroups = groups.flatMap(({ rows }) => rows);
  const rows = [...inGroups, ...population, ...shares, ...auxiliary, ...latents];
  const largest = (errors: (row: SummaryRow) => readonly number[]) =>
    rows.flatMap(errors).reduce((most, error) => (error > most ? error : most), 0);
  const ends = largest(({ mcse }) => mcse);
  const means = largest(({ mcseMean }) => [mcseMean]);
  if (ends === 0) return [];
  return [
    `Monte Carlo errors (MCSE) are at most ${Number(means.toPrecision(2))} for means and ${Number(ends.toPrecision(2))} for ends of HDIs.`,
  ];
}

/** The family's own parameters are sampled as they are. */
function linksOf({ family, auxiliary }: RegressionSummary): string {
  const { predicted = [] } = family;
  const isPlain = thresholdsOf(family) > 0 && !predicted.includes('disc');
  if (isNominal(family)) return predicted.map((name) => `${name} = ${family.link}`).join('; ');
  return [
    `mu = ${family.link}`,
    ...(isPlain ? ['disc = identity'] : []),
    ...predicted
      .filter((name) => !isThresholdPredictor(name))
      .map((name) => `${name} = ${parameterLink(name, family).name}`),
    ...auxiliary.map(({ name }) => `${name} = identity`),
  ].join('; ');
}

function rowLines(rows: readonly SummaryRow[], mass: number): string[] {
  const percent = Number((mass * 100).toPrecision(12));
  const column = (head: string, value: (row: SummaryRow) => number, digits: number) => ({
    head,
    cells: rows.map((row) => fixed(value(row), digits)),
  });
  return textTable(
    rows.map((row) => row.label),
    [
      column('Estimate', centreOf, 2),
      column('Est.Error', spreadOf, 2),
      column(`l-${percent}% HDI`, (row) => row.lower, 2),
      column(`u-${percent}% HDI`, (row) => row.upper, 2),
      column('Rhat', (row) => row.rhat, 2),
      column('Bulk_ESS', (row) => row.essBulk, 0),
      column('Tail_ESS', (row) => row.essTail, 0),
    ],
  );
}

interface FitFacts {
  /** Seconds from the data to the draws; null for a loaded fit. */
  readonly seconds: number | null;
  readonly loo: Loo | null;
  readonly kfold: Kfold | null;
}

/** Keys of parameters are brms' names. */
export function fitJson(fitted: FittedRegression, facts: FitFacts): Record<string, unknown> {
  const { settings, frame, diagnostics, parameters, family } = fitted;
  const predicted = family.predicted?.filter((name) => !isThresholdPredictor(name));
  const categories = categoriesOf(fitted);
  const { seed, chains, warmup, draws, algorithm, metric } = settings;
  const isLatent = ({ name }: ParameterSummary) => /^(Xme|Ymi)_/.test(name);
  const isOfGroup = ({ name }: ParameterSummary) => name.startsWith('r_');
  const latents = parameters.filter(isLatent);
  return {
    model: {
      formula: fitted.formula,
      family: family.family,
      ...(family.custom && { custom: family.custom.name }),
      link: family.link,
      ...(predicted?.length && {
        parameter_links: Object.fromEntries(
          predicted.map((name) => [name, parameterLink(name, family).name]),
        ),
      }),
      ...(categories && { categories }),
      priors: fitted.priors.map(priorJson),
      rows: frame.encoded.rows,
      dropped_rows: frame.facts.droppedRows,
      notes: fitted.notes,
    },
    settings: {
      seed,
      chains,
      warmup,
      draws,
      algorithm,
      metric,
      target_acceptance: settings.targetAcceptance,
      max_depth: settings.maxDepth,
    },
    sampled_by: fitted.chains[0]?.algorithm,
    coefficients: summaryJson(parameters.filter((row) => !isOfGroup(row) && !isLatent(row))),
    group_effects: summaryJson(parameters.filter(isOfGroup)),
    ...(latents.length > 0 && { latent_values: summaryJson(latents) }),
    ...ranksJson(fitted),
    diagnostics: {
      ...diagnosticsRecord(diagnostics),
      // k-hat describes the normal approximation that split HMC uses; it says nothing of other draws.
      approximation_pareto_k:
        fitted.chains[0]?.algorithm === 'split-hmc' ? diagnostics.paretoK : null,
    },
    ...(facts.loo && { loo: looJson(facts.loo) }),
    ...(facts.kfold && { kfold: kfoldJson(facts.kfold) }),
    warnings: fitted.warnings,
    seconds: facts.seconds,
  };
}

function summaryJson(rows: readonly ParameterSummary[]): Record<string, unknown> {
  return Object.fromEntries(
    rows.map((row) => {
      const { name, ...fields } = summaryRecord(row);
      return [name, fields];
    }),
  );
}

/** Ranks of the levels of terms that compare them, by grouping factor. */
function ranksJson(fitted: FittedRegression) {
  const groups = comparedGroups(fitted);
  if (groups.length === 0) return {};
  const rowsOf = (group: string) =>
    ranksOf(fitted, { group }).rows.map(
      ({
        level,
        mean,
        sd,
        lower,
        upper,
        pBest,
        rank,
        rankLower,
        rankUpper,
        rankProbabilities,
      }) => ({
        ...{ level, mean, sd, lower, upper, p_best: pBest, rank },
        ...{ rank_lower: rankLower, rank_upper: rankUpper, rank_probabilities: rankProbabilities },
      }),
    );
  return { ranks: Object.fromEntries(groups.map((group) => [group, rowsOf(group)])) };
}

/** The columns of brms' `prior_summary`; bounds of a distribution of its own are in its text. */
function priorJson({ class: name, coef, group, dpar, text, source, prior }: PriorInUse) {
  const { lower = null, upper = null } = isMatrixPrior(prior) ? {} : prior;
  return {
    prior: text,
    class: name,
    coef: coef ?? null,
    group: group ?? null,
    ...(dpar !== undefined && { dpar }),
    lb: lower,
    ub: upper,
    source,
  };
}
