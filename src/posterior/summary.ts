/**
 * The numbers of a fit: a summary row per parameter, diagnostics of its chains, advice if they fall
 * short of the thresholds; and the same as the records of files and of `--json`, in snake case. NaN
 * stays NaN in a record; JSON.stringify writes it as null.
 */
import { comfortable } from '../linear-algebra/powers-of-two.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import { ebfmi } from './convergence.js';
import { copyParameter, type Draws } from './draws.js';
import { indexBuffer, numberBuffer } from './fast/buffers.js';
import { convergence } from './fast/convergence.js';
import { orderingOf } from './fast/ordering.js';
import { mcseHdiOfOrdering } from './interval-errors.js';
import { hdiOfSorted, type Interval } from './intervals.js';
import { mapOfSample } from './mode.js';
import { quantileOfSorted } from './quantiles.js';
import { THRESHOLDS } from './thresholds.js';

export interface ParameterSummary {
  readonly name: string;
  readonly mean: number;
  readonly median: number;
  /** Where the marginal density is greatest, as `mapEstimate`. */
  readonly mode: number;
  readonly sd: number;
  /** 95% highest-density interval, as bayestestR. */
  readonly hdi: Interval;
  /** Monte Carlo standard errors of the ends of `hdi`, as `mcseHdi`. */
  readonly hdiMcse: Interval;
  readonly q5: number;
  readonly q95: number;
  /** R-hat; NaN for draws that are constant or not finite. */
  readonly rhat: number;
  readonly essBulk: number;
  readonly essTail: number;
  readonly mcseMean: number;
  readonly mcseMode: number;
}

/** Diagnostics over all chains of a fit. */
export interface Diagnostics {
  readonly maxRhat: number;
  readonly minEssBulk: number;
  readonly minEssTail: number;
  readonly divergences: number;
  readonly maxDepthHits: number;
  /** The smallest E-BFMI of a chain. */
  readonly minEbfmi: number;
  /**
   * Pareto k̂ of importance weights from a Student-t around the mode, independent of the chains: up to
   * 0.7 the posterior is near its approximation, and `auto` may take split HMC. With more than
   * 20 parameters, ten random ones are used, with the others at the mode. null without a mode.
   */
  readonly paretoK: number | null;
}

export function summarizeParameter(draws: Draws, parameter: number): ParameterSummary {
  const n = draws.chains * draws.drawsPerChain;
  const values = numberBuffer('draws of a parameter', n);
  copyParameter(draws, parameter, values);
  const name = draws.parameterNames[parameter];
  const { origin, unit } = comfortable(values);
  if (origin === 0 && unit === 1) return { name, ...summaryOf(values, draws.chains) };
  for (let i = 0; i < n; i++) values[i] = (values[i] - origin) / unit;
  const row = summaryOf(values, draws.chains);
  const back = (value: number) => origin + unit * value;
  return {
    ...row,
    name,
    mean: back(row.mean),
    median: back(row.median),
    sd: unit * row.sd,
    hdi: [back(row.hdi[0]), back(row.hdi[1])],
    hdiMcse: [unit * row.hdiMcse[0], unit * row.hdiMcse[1]],
    mode: back(row.mode),
    q5: back(row.q5),
    q95: back(row.q95),
    mcseMean: unit * row.mcseMean,
    mcseMode: unit * row.mcseMode,
  };
}

/** Summary of draws whose moments lose no digits. */
function summaryOf(values: Float64Array, chains: number): Omit<ParameterSummary, 'name'> {
  const n = values.length;
  const moments = meanAndSquares(values);
  const ordering = orderingOf(values, moments, {
    ascending: numberBuffer('ascending draws', n),
    order: indexBuffer('order of draws', n),
  });
  const { ascending } = ordering;
  const sd = Math.sqrt(moments.squares / (n - 1));
  const hdi = hdiOfSorted(ascending);
  const { mode, mcse } = mapOfSample({ values, chains, ascending, sd });
  return {
    mean: moments.mean,
    median: quantileOfSorted(ascending, 0.5),
    mode,
    sd,
    hdi,
    hdiMcse: mcseHdiOfOrdering(ordering, chains, hdi),
    q5: quantileOfSorted(ascending, 0.05),
    q95: quantileOfSorted(ascending, 0.95),
    ...convergence(values, chains, ordering),
    mcseMode: mcse,
  };
}

export function summarize(draws: Draws): ParameterSummary[] {
  return draws.parameterNames.map((_, parameter) => summarizeParameter(draws, parameter));
}

/** Statistics of a chain for `diagnose`. */
interface ChainReport {
  readonly energy: Float64Array;
  readonly divergences: number;
  readonly maxDepthHits: number;
}

export function diagnose(
  parameters: readonly ParameterSummary[],
  chains: readonly ChainReport[],
  paretoK: number | null = null,
): Diagnostics {
  const total = (count: (chain: ChainReport) => number) =>
    chains.reduce((sum, chain) => sum + count(chain), 0);
  return {
    maxRhat: Math.max(...parameters.map((row) => row.rhat)),
    minEssBulk: Math.min(...parameters.map((row) => row.essBulk)),
    minEssTail: Math.min(...parameters.map((row) => row.essTail)),
    divergences: total((chain) => chain.divergences),
    maxDepthHits: total((chain) => chain.maxDepthHits),
    minEbfmi: Math.min(...chains.map((chain) => ebfmi(chain.energy))),
    paretoK,
  };
}

/** The worst of several fits. */
export function worstDiagnostics(all: readonly Diagnostics[]): Diagnostics {
  const total = (count: (one: Diagnostics) => number) =>
    all.reduce((sum, one) => sum + count(one), 0);
  return {
    maxRhat: Math.max(...all.map((one) => one.maxRhat)),
    minEssBulk: Math.min(...all.map((one) => one.minEssBulk)),
    minEssTail: Math.min(...all.map((one) => one.minEssTail)),
    divergences: total((one) => one.divergences),
    maxDepthHits: total((one) => one.maxDepthHits),
    minEbfmi: Math.min(...all.map((one) => one.minEbfmi)),
    paretoK: all.reduce<number | null>(
      (worst, { paretoK }) => (paretoK === null ? worst : Math.max(worst ?? paretoK, paretoK)),
      null,
    ),
  };
}

/** A threshold that a fit misses. */
export interface Shortfall {
  readonly measure: 'R-hat' | 'ESS' | 'divergences' | 'depth' | 'E-BFMI';
  /** True if draws may be wrong; false if sampling was only slow. */
  readonly isFault: boolean;
  /** One sentence, with advice. */
  readonly text: string;
}

/** The thresholds that a fit misses (R-hat and ESS: Vehtari et al. 2021; E-BFMI: Betancourt 2016). */
export function shortfallsOf(diagnostics: Diagnostics): Shortfall[] {
  const { maxRhat, minEssBulk, minEssTail, divergences, maxDepthHits, minEbfmi } = diagnostics;
  const found: Shortfall[] = [];
  const add = (measure: Shortfall['measure'], text: string) =>
    found.push({ measure, isFault: measure !== 'depth', text });
  // Written so that NaN falls short too.
  if (!(maxRhat <= THRESHOLDS.rhat)) {
    add(
      'R-hat',
      `R-hat is ${maxRhat.toFixed(3)}, above ${THRESHOLDS.rhat}: the chains disagree; use more warm-up and draws`,
    );
  }
  const ess = Math.min(minEssBulk, minEssTail);
  if (!(ess >= THRESHOLDS.ess)) {
    const part = minEssBulk <= minEssTail || Number.isNaN(minEssBulk) ? 'bulk' : 'tail';
    add(
      'ESS',
      `${part} ESS is ${ess.toFixed(0)}, below ${THRESHOLDS.ess}: means and intervals are uncertain; use more draws`,
    );
  }
  if (divergences > 0) {
    add(
      'divergences',
      `divergent transitions: ${divergences}; parts of the posterior may be missed: raise the target acceptance (0.95) or reparameterize`,
    );
  }
  if (maxDepthHits > 0) {
    add(
      'depth',
      `trajectories at the maximum tree depth: ${maxDepthHits}; sampling is slow, not wrong: raise the depth or use a dense metric`,
    );
  }
  if (!(minEbfmi >= THRESHOLDS.ebfmi)) {
    add(
      'E-BFMI',
      `E-BFMI is ${minEbfmi.toFixed(2)}, below ${THRESHOLDS.ebfmi}: the tails may be explored badly; use more warm-up or reparameterize`,
    );
  }
  return found;
}

/** The sentences of `shortfallsOf`. */
export function shortfalls(diagnostics: Diagnostics): string[] {
  return shortfallsOf(diagnostics).map(({ text }) => text);
}

/** The record of draws in a file, without their values. */
interface DrawsRecord {
  readonly parameters: readonly string[];
  readonly chains: number;
  readonly draws_per_chain: number;
}

export function drawsRecord({ parameterNames, chains, drawsPerChain }: Draws) {
  return { parameters: [...parameterNames], chains, draws_per_chain: drawsPerChain };
}

/** @param values row-major (chain, draw, parameter) */
export function drawsOfRecord(record: DrawsRecord, values: Float64Array): Draws {
  const { parameters, chains, draws_per_chain } = record;
  return { parameterNames: parameters, chains, drawsPerChain: draws_per_chain, values };
}

export function summaryRecord(row: ParameterSummary) {
  const { name, mean, median, mode, sd, hdi, hdiMcse, q5, q95 } = row;
  const pair = ([low, high]: Interval): [number, number] => [low, high];
  return {
    ...{ name, mean, median, mode, sd, hdi: pair(hdi), hdi_mcse: pair(hdiMcse), q5, q95 },
    rhat: row.rhat,
    ess_bulk: row.essBulk,
    ess_tail: row.essTail,
    mcse_mean: row.mcseMean,
    mcse_mode: row.mcseMode,
  };
}

/** Without Pareto k̂, which has another name in each document. */
export function diagnosticsRecord(diagnostics: Diagnostics) {
  return {
    max_rhat: diagnostics.maxRhat,
    min_ess_bulk: diagnostics.minEssBulk,
    min_ess_tail: diagnostics.minEssTail,
    divergences: diagnostics.divergences,
    max_depth_hits: diagnostics.maxDepthHits,
    min_ebfmi: diagnostics.minEbfmi,
  };
}
