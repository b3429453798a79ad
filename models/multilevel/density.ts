/**
 * The posterior density of a multilevel regression of any family, in the coordinates (θ, z): θ as in
 * parameters.ts, z the effects of each grouping factor as in group-map.ts, factor by
 * factor.
 *
 *     y_i ~ family(η_i, aux),   η_i = offset_i + α + Σ_j β_j (x_ij − x̄_j) + Σ_f z_if · u_f[level]
 *     u_f[level] = Λ_f v,       v ~ normal(0, I),   Λ_f = diag(sd) L,   L Lᵀ ~ LKJ(η)
 *
 * The map of the last factor uses the linear predictor o_i of all other terms. For a likelihood that
 * is roughly normal, with weights W_i around η̂,
 *
 *     b = Σ_i z_i (g_i + W_i (z_i·û − (o_i − ô_i))),    H = Σ_i W_i z_i z_iᵀ        over a level's rows,
 *
 * so that the effects do not depend on the intercept and slopes. The other factors, with fewer
 * effects, use the b and H that remain after the last factor's effects are integrated out.
 */
import type { ResponseFamily } from '../families/family.js';
import { responseFamily } from '../families/index.js';
import type { RegressionSpecification } from '../regression-data.js';
import { type GroupMap, groupMap } from './group-map.js';
import { MultilevelParameters } from './parameters.js';
import {
  addByLevel,
  addColumnSums,
  addEffects,
  type MultilevelRows,
  multilevelRows,
  subtractOfRows,
  writePopulation,
} from './rows.js';

export interface MultilevelDensity {
  readonly dimension: number;
  readonly data: MultilevelRows;
  readonly family: ResponseFamily;
  readonly parameters: MultilevelParameters;
  /** One map per factor, in the order of `data.factors`. */
  readonly maps: readonly GroupMap[];
  /** Start of each factor's z. */
  readonly starts: readonly number[];
  /** Row-major (row, coefficient of the last factor): W_i z_i, by which the last map's b falls with o_i. */
  readonly weighted: Float64Array;
  /** b of the last factor at o = 0. */
  readonly lastPull: Float64Array;
  /** η of the position last evaluated. */
  readonly eta: Float64Array;
  logDensity(position: Float64Array, gradient: Float64Array): number;
}

export function multilevelDensity(specification: RegressionSpecification): MultilevelDensity {
  const { outcomes, trials, rows: dataRows } = specification.data;
  const data = multilevelRows(specification);
  const { rows, factors, cells } = data;
  const family = responseFamily(specification.family, {
    rows: dataRows,
    values: outcomes,
    trials,
    cells,
  });
  const parameters = new MultilevelParameters(specification, factors, data.means);
  const maps = factors.map(({ levels, size }) => groupMap(levels, size));
  const starts: number[] = [];
  let dimension = parameters.dimension;
  for (const { length } of maps) {
    starts.push(dimension);
    dimension += length;
  }
  const others = maps.length - 1;
  const lastMap = maps[others];
  const last = factors[others];
  const weighted = new Float64Array(rows * last.size);
  const lastPull = new Float64Array(lastMap.length);
  const eta = new Float64Array(rows);
  const etaGradient = new Float64Array(rows);
  const scratch = new Float64Array(last.levels);
  const { values: at, gradients } = parameters;

  return {
    dimension,
    data,
    family,
    parameters,
    maps,
    starts,
    weighted,
    lastPull,
    eta,
    logDensity(position, gradient) {
      parameters.read(position);
      writePopulation(data, at.coefficients, scratch, eta);
      let logDensity = 0;
      for (let f = 0; f < others; f++) {
        logDensity += maps[f].forward(at.loadings[f], position, starts[f]);
        addEffects(factors[f], maps[f].effects, eta);
      }
      for (let m = 0; m < lastPull.length; m++) lastMap.pull[m] = lastPull[m];
      addByLevel(last, weighted, eta, -1, lastMap.pull);
      logDensity += lastMap.forward(at.loadings[others], position, starts[others]);
      addEffects(last, lastMap.effects, eta);

      logDensity += family.logLikelihood(eta, at.aux, etaGradient, gradients.aux);

      lastMap.effectGradient.fill(0);
      addByLevel(last, last.values, etaGradient, 1, lastMap.effectGradient);
      lastMap.backward(at.loadings[others], gradients.loadings[others], gradient, starts[others]);
      subtractOfRows(last, weighted, lastMap.pullGradient, etaGradient);
      for (let f = others - 1; f >= 0; f--) {
        maps[f].effectGradient.fill(0);
        addByLevel(factors[f], factors[f].values, etaGradient, 1, maps[f].effectGradient);
        maps[f].backward(at.loadings[f], gradients.loadings[f], gradient, starts[f]);
      }
      addColumnSums(data, etaGradient, scratch, gradients.coefficients);
      return logDensity + parameters.finish(gradient);
    },
  };
}
