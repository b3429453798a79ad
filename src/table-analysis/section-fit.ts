/** Regressions and draws as parts of a section. */
import type { Draws } from '../posterior/draws.js';
import { mcseHdi } from '../posterior/interval-errors.js';
import { hdi } from '../posterior/intervals.js';
import { diagnosticsRecord, summaryRecord } from '../posterior/summary.js';
import { summaryOf } from '../regression/after/summary.js';
import type { FittedRegression } from '../regression/fitted-regression.js';
import { formatPrior } from '../regression/priors/prior-text.js';
import type { SectionFit, SectionInterval } from '../result/sections.js';

/**
 * A regression with a row for each parameter but the effects of single group levels, whose draws are
 * not kept either.
 * @param name for readers
 */
export function sectionFit(name: string, fit: FittedRegression): SectionFit {
  const { population, terms, groups, auxiliary } = summaryOf(fit);
  const shown = new Set(
    [
      ...population,
      ...terms.flatMap(({ rows }) => rows),
      ...groups.flatMap(({ rows }) => rows),
      ...auxiliary,
    ].map((row) => row.name),
  );
  const rows = fit.parameters.flatMap((row, place) =>
    shown.has(row.name) ? [{ row, place }] : [],
  );
  return {
    name,
    formula: fit.formula,
    family: `${fit.family.family}(${fit.family.link})`,
    rows: fit.specification.data.rows,
    priors: fit.priors
      .filter(({ source, prior }) => source !== '(vectorized)' && prior.distribution !== 'flat')
      .map((row) => formatPrior(row)),
    algorithm: fit.chains[0]?.algorithm ?? 'nuts',
    summary: rows.map(({ row }) => summaryRecord(row)),
    diagnostics: {
      ...diagnosticsRecord(fit.diagnostics),
      pareto_k: fit.diagnostics.paretoK,
    },
    warnings: [...fit.warnings],
    draws: drawsAt(
      fit.draws,
      rows.map(({ place }) => place),
    ),
  };
}

/** The draws of some parameters. */
function drawsAt(
  { parameterNames, chains, drawsPerChain, values }: Draws,
  places: number[],
): Draws {
  const width = parameterNames.length;
  const kept = new Float64Array(chains * drawsPerChain * places.length);
  for (let draw = 0; draw < chains * drawsPerChain; draw++) {
    places.forEach((place, i) => {
      kept[draw * places.length + i] = values[draw * width + place] ?? Number.NaN;
    });
  }
  const names = places.map((place) => parameterNames[place] ?? '');
  return { parameterNames: names, chains, drawsPerChain, values: kept };
}

interface IntervalOptions {
  /** What is measured, with its unit. */
  readonly group?: string;
  /** A value to compare with; `above` is then the probability of more than it. */
  readonly reference?: number;
  /** Mass of the HDI, in (0, 1). @default 0.95 */
  readonly mass?: number;
}

/** The posterior mean and HDI of a quantity, from its draws. */
export function intervalOf(
  label: string,
  draws: Float64Array,
  { group, reference, mass = 0.95 }: IntervalOptions = {},
): SectionInterval {
  const [lower, upper] = hdi(draws, mass);
  // As one chain: the few pairs of draws across the ends of chains have no weight.
  const [lowerMcse, upperMcse] = mcseHdi(draws, 1, mass);
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  return {
    label,
    ...(group !== undefined && { group }),
    mean,
    lower,
    upper,
    mcse: [lowerMcse, upperMcse],
    mass,
    ...(reference !== undefined && { reference, above: shareAbove(draws, reference) }),
  };
}

function shareAbove(draws: Float64Array, reference: number): number {
  return draws.reduce((count, value) => count + Number(value > reference), 0) / draws.length;
}
