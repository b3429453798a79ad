/**
 * Blocks of coefficients that are a function of other parameters, β_block = f(own, further, σ): the slopes
 * under a shrinkage prior (horseshoe: β_j = z_j τ λ̃_j), and the terms of a formula whose columns are fixed and
 * whose coefficients are not free (a monotonic effect: β_l = b D ζ_l).
 *
 * A block has one parameter in place of each of its coefficients (`own`, for example z_j), and others in
 * addition (`further`, for example λ_j and τ). All of them have priors of their own, which
 * also decide their support and so their map to the real line (parameter-priors.ts). A block is therefore a
 * function and its derivative alone: f is no change of variables, and has no Jacobian. A simplex with a
 * Dirichlet prior fits in as well: its stick-breaking shares are independent beta parameters.
 *
 * The parameters of a model with blocks end with the `further` ones of all blocks. `withBlocks` gives its
 * `ParameterPriors`: what a density sees in place of `own` are coefficients, and its gradient is by coefficients.
 * Both generalized-linear.ts and multilevel/parameters.ts use it.
 *
 * TO ADD A SHRINKAGE PRIOR, write its block (coefficient-blocks/horseshoe.ts is an example), and make it of
 * the priors in `shrinkageBlocks`. Its slopes are reported as b_NAME.
 *
 * TO ADD A TERM OF THE FORMULA, write its plain data and its `TermFunction` (coefficient-blocks/monotonic.ts is an
 * example), and name both in `SpecialTerm` and `termFunction`. `data.terms` holds the terms. Their columns come after
 * all other columns of the predictors, in the order of the terms, also with several linear predictors per row, and are
 * not centred, as in brms. The priors of `own` are in `priors.coefficients`, those of `further` in
 * `priors.terms`. A term reports parameters of its own, with brms' names, in place of b_NAME
 * (reported-parameters.ts); `fromReported` gives the coefficients of its columns for predictions.
 */
import type { RandomStream } from '../src/random/stream.js';
import type { BlockValues, CoefficientBlock, TermFunction } from './coefficient-blocks/block.js';
import {
  type GaussianProcessTerm,
  gaussianProcessFunction,
} from './coefficient-blocks/gaussian-process.js';
import { horseshoeBlock } from './coefficient-blocks/horseshoe.js';
import { type MonotonicTerm, monotonicFunction } from './coefficient-blocks/monotonic.js';
import { r2d2Block } from './coefficient-blocks/r2d2.js';
import { sharedScaleBlock } from './coefficient-blocks/shared-scale.js';
import { type SplineTerm, splineFunction } from './coefficient-blocks/spline.js';
import { auxiliaryOf } from './families/family.js';
import { type ParameterPriors, parameterPriors, WHOLE_LINE } from './parameter-priors.js';
import {
  drawPrior,
  type Prior,
  type SharedScalePrior,
  type Support,
  supportOf,
} from './prior-distributions.js';
import {
  columnsOfMean,
  ordinaryColumns,
  type RegressionData,
  type RegressionSpecification,
} from './regression-data.js';

/** A term of the formula whose coefficients are a function of other parameters, as plain data. */
export type SpecialTerm = MonotonicTerm | SplineTerm | GaussianProcessTerm;

export function termFunction(term: SpecialTerm): TermFunction {
  switch (term.kind) {
    case 'monotonic':
      return monotonicFunction(term);
    case 'spline':
      return splineFunction(term);
    case 'process':
      return gaussianProcessFunction(term);
  }
}

/** A block of a term, which reports parameters of its own. */
type TermBlock = CoefficientBlock & TermFunction;

/** Places of the columns of each term among the predictors. */
export function columnsOfTerms(data: Pick<RegressionData, 'predictors' | 'terms'>): number[][] {
  let next = ordinaryColumns(data);
  return (data.terms ?? []).map(({ columns }) => Array.from({ length: columns }, () => next++));
}

function termBlocks({ data, priors }: RegressionSpecification): TermBlock[] {
  const places = columnsOfTerms(data);
  return (data.terms ?? []).map((term, t) => ({
    columns: places[t],
    own: places[t].map((j) => priors.coefficients[j]),
    further: priors.terms?.[t] ?? [],
    ...termFunction(term),
  }));
}

/** One block for the slopes of each linear predictor that has a shrinkage prior. */
function shrinkageBlocks({ data, priors }: RegressionSpecification): CoefficientBlock[] {
  return slopesOfPredictors(data).flatMap((columns, p) => {
    const prior = columns.length > 0 ? priors.coefficients[columns[0]] : null;
    if (prior?.distribution === 'horseshoe') return [horseshoeBlock(prior, columns, data.rows)];
    if (prior?.distribution !== 'R2D2') return [];
    const names = columns.map((j) => data.predictors.names[j]);
    return [r2d2Block(prior, columns, names, data.parts?.[p - 1]?.parameter)];
  });
}

/** One block for each scale that is a parameter, in the order of `priors.scales`. */
function sharedScaleBlocks({ priors }: RegressionSpecification): CoefficientBlock[] {
  return (priors.scales ?? []).map((scale) => {
    const columns: number[] = [];
    const own: SharedScalePrior[] = [];
    priors.coefficients.forEach((one, j) => {
      if (one.distribution !== 'shared_scale' || one.scale !== scale.name) return;
      columns.push(j);
      own.push(one);
    });
    return sharedScaleBlock(own, columns, scale);
  });
}

function priorBlocks(specification: RegressionSpecification): CoefficientBlock[] {
  return [...shrinkageBlocks(specification), ...sharedScaleBlocks(specification)];
}

/** Names of what priors report beside their slopes, for the data's `priorParameters`. */
export function priorParameterNames(specification: RegressionSpecification): string[] {
  return priorBlocks(specification).flatMap(({ reports }) => reports?.names ?? []);
}

/** Places of the slopes of each linear predictor, without its intercept and the columns of terms. */
function slopesOfPredictors(data: RegressionData): number[][] {
  const { parts = [] } = data;
  const range = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from) }, (_, j) => from + j);
  return [
    range(0, columnsOfMean(data)),
    ...parts.map(({ first, columns, intercept }) =>
      range(first + (intercept ? 1 : 0), first + columns),
    ),
  ];
}

/** True if coefficients of the regression are a function of other parameters. */
export function hasBlocks(specification: RegressionSpecification): boolean {
  return coefficientBlocks(specification).length > 0;
}

/** All blocks: those of terms, in their order, and then those of priors. */
export function coefficientBlocks(specification: RegressionSpecification): CoefficientBlock[] {
  return [...termBlocks(specification), ...priorBlocks(specification)];
}

/** Where the parameters of a model are that blocks take and give. */
interface Places {
  /** Place of the coefficient of the first predictor. */
  readonly coefficients: number;
  /** Place of σ; −1 if it is no parameter. */
  readonly sigma: number;
}

export interface BlockedPriors extends ParameterPriors {
  /** Number of parameters, with those of blocks. */
  readonly length: number;
  /** True for the place of a coefficient that is given by a block. */
  isGiven(place: number): boolean;
  /** Writes what terms and priors report at the parameters last constrained. */
  report(layout: BlockLayout, reported: Float64Array): void;
}

/** Places among the reported parameters (reported-parameters.ts). */
interface BlockLayout {
  /** Start of those of each term. */
  readonly terms: readonly number[];
  /** Start of those of priors. */
  readonly priorParameters: number;
}

/** A block with its places among the parameters. */
interface PlacedBlock {
  readonly block: CoefficientBlock;
  readonly report: TermFunction['report'] | null;
  readonly own: readonly number[];
  readonly further: number;
  readonly values: BlockValues;
  readonly gradient: BlockValues;
  readonly coefficients: Float64Array;
}

/**
 * The priors of a model's parameters, of which some coefficients are given by blocks; the parameters of the blocks
 * in addition follow the others. Coordinates of blocks start, for `unconstrain`, where they last were.
 *
 * @param priors of the parameters, of which those of coefficients in blocks are replaced
 * @param natural ends of each parameter
 */
export function withBlocks(
  specification: RegressionSpecification,
  priors: readonly Prior[],
  natural: readonly Support[],
  places: Places,
): BlockedPriors {
  const terms = termBlocks(specification);
  const blocks = [...terms, ...priorBlocks(specification)];
  if (blocks.length === 0) {
    return {
      ...parameterPriors(priors, natural),
      length: priors.length,
      isGiven: () => false,
      report: () => {},
    };
  }
  const all = [...priors];
  const placed = blocks.map((block, b): PlacedBlock => {
    const own = block.columns.map((j) => places.coefficients + j);
    own.forEach((place, c) => {
      all[place] = block.own[c];
    });
    const further = all.length;
    all.push(...block.further);
    const buffer = () => ({
      own: new Float64Array(own.length),
      further: new Float64Array(block.further.length),
      sigma: Float64Array.of(sigmaOf(specification)),
    });
    const coefficients = new Float64Array(own.length);
    const report = b < terms.length ? terms[b].report : null;
    return { block, report, own, further, values: buffer(), gradient: buffer(), coefficients };
  });
  return blockedPriors(
    parameterPriors(all, [...natural, ...all.slice(natural.length).map(() => WHOLE_LINE)]),
    Float64Array.from(all, startOf),
    placed,
    places,
    specification.data.priorParameters !== undefined,
  );
}

/** A σ that is no parameter; 1 for a family without it, with a linear predictor of it, or with known errors alone. */
function sigmaOf({ family }: RegressionSpecification): number {
  return family.fixed?.sigma || 1;
}

/** Inside the support: halfway, or 1 from its end. */
function startOf(prior: Prior): number {
  const { lower, upper } = supportOf(prior);
  if (Number.isFinite(lower)) return Number.isFinite(upper) ? 0.5 * (lower + upper) : lower + 1;
  return Number.isFinite(upper) ? upper - 1 : 0;
}

/** @param raw the parameters, with `own` in place of coefficients; changed to those last seen */
function blockedPriors(
  inner: ParameterPriors,
  raw: Float64Array,
  placed: readonly PlacedBlock[],
  { sigma }: Places,
  reportsPriors: boolean,
): BlockedPriors {
  const given = new Set(placed.flatMap(({ own }) => own));
  const extra = Math.min(...placed.map(({ further }) => further));
  const keep = (parameters: Float64Array): Float64Array => {
    const kept = parameters.slice();
    for (let i = 0; i < kept.length; i++) if (given.has(i) || i >= extra) kept[i] = raw[i];
    return kept;
  };
  const forward = (parameters: Float64Array): void => {
    for (const { block, own, further, values, coefficients } of placed) {
      for (let c = 0; c < own.length; c++) values.own[c] = raw[own[c]];
      for (let f = 0; f < values.further.length; f++) values.further[f] = raw[further + f];
      if (sigma >= 0) values.sigma[0] = raw[sigma];
      block.write(values, coefficients);
      for (let c = 0; c < own.length; c++) parameters[own[c]] = coefficients[c];
    }
  };
  const backward = (slopes: Float64Array): void => {
    for (const { block, own, further, values, gradient, coefficients } of placed) {
      for (let c = 0; c < own.length; c++) coefficients[c] = slopes[own[c]];
      gradient.sigma[0] = 0;
      block.pull(values, coefficients, gradient);
      for (let c = 0; c < own.length; c++) slopes[own[c]] = gradient.own[c];
      for (let f = 0; f < gradient.further.length; f++) slopes[further + f] = gradient.further[f];
      if (sigma >= 0) slopes[sigma] += gradient.sigma[0];
    }
  };
  return {
    length: raw.length,
    unbounded: false,
    isGiven: (place) => given.has(place),
    constrain(position, parameters) {
      inner.constrain(position, raw);
      parameters.set(raw);
      forward(parameters);
    },
    unconstrain: (parameters) => inner.unconstrain(keep(parameters)),
    positionOf: (parameters) => inner.positionOf(keep(parameters)),
    densityOf: (index) => (given.has(index) ? null : inner.densityOf(index)),
    addTo(position, _, gradient) {
      // The position may have been moved since.
      inner.constrain(position, raw);
      backward(gradient);
      return inner.addTo(position, raw, gradient);
    },
    addToHessian() {
      throw new RangeError('the Hessian of a model with blocks is not known');
    },
    report({ terms, priorParameters }, reported) {
      let next = priorParameters;
      placed.forEach(({ report, values, block, coefficients }, b) => {
        block.write(values, coefficients);
        report?.(values, coefficients, reported.subarray(terms[b]));
        if (!reportsPriors || !block.reports) return;
        block.reports.write(values, reported.subarray(next));
        next += block.reports.names.length;
      });
    },
  };
}

/** Place of σ among the auxiliary parameters that start at `first`; −1 if it is none of them. */
export function sigmaAmong({ family }: RegressionSpecification, first: number): number {
  const place = auxiliaryOf(family).indexOf('sigma');
  return place < 0 ? -1 : first + place;
}

/**
 * Draws the parameters of all blocks from their priors.
 *
 * @param sigma σ of the family; 1 if it has none
 * @param coefficients of all columns of the predictors, of which those of blocks are written
 * @param reported parameters, of which those of blocks are written
 */
export function drawBlocks(
  specification: RegressionSpecification,
  sigma: number,
  random: RandomStream,
  coefficients: Float64Array,
  layout: BlockLayout,
  reported: Float64Array,
): void {
  const terms = termBlocks(specification);
  let priorParameter = layout.priorParameters;
  [...terms, ...priorBlocks(specification)].forEach((block, b) => {
    const drawn = (priors: readonly Prior[]) =>
      Float64Array.from(priors, (prior) => drawPrior(prior, random));
    const values: BlockValues = {
      own: drawn(block.own),
      further: drawn(block.further),
      sigma: Float64Array.of(sigma),
    };
    const given = new Float64Array(block.columns.length);
    block.write(values, given);
    block.columns.forEach((j, c) => {
      coefficients[j] = given[c];
    });
    if (b < terms.length) terms[b].report(values, given, reported.subarray(layout.terms[b]));
    if (!specification.data.priorParameters || !block.reports) return;
    block.reports.write(values, reported.subarray(priorParameter));
    priorParameter += block.reports.names.length;
  });
}
