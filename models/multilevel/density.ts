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
 * effects, use the b and H that remain after the last factor's effects and the coefficients are
 * integrated out (joint-information.ts). The coefficients follow them by their conditional mean,
 *
 *     (α, β) = (α, β)_θ − Σ_f A_f (u_f − û_f)       over all factors but the last,
 *
 * a shift, whose Jacobian is one. Predictors that are not known exactly add to η like a factor with a level
 * per row (latent-predictors.ts).
 */
import type { ResponseFamily } from '../families/family.js';
import { responseFamily } from '../families/index.js';
import { compiledLoops } from '../kernels/group-rows.js';
import { type LatentDensity, latentDensity } from '../latent-predictors.js';
import { outcomesOf, type RegressionSpecification } from '../regression-data.js';
import { type GroupMap, groupMap, RotatedMap } from './group-map.js';
import { MultilevelParameters } from './parameters.js';
import { type MultilevelRows, multilevelRows, PlainLoops } from './rows.js';

export interface MultilevelDensity {
  readonly dimension: number;
  readonly data: MultilevelRows;
  readonly family: ResponseFamily;
  readonly parameters: MultilevelParameters;
  /** One map per factor, in the order of `data.factors`. */
  readonly maps: readonly GroupMap[];
  /** Start of each factor's z. */
  readonly starts: readonly number[];
  /** Predictors that are not known exactly, whose coordinates are the last; null for none. */
  readonly latents: LatentDensity | null;
  /** Sets W_i z_i, row-major (row, coefficient of the last factor), by which the last map's b falls with o_i. */
  linearize(weighted: Float64Array): void;
  /**
   * Sets by how much the coefficients fall with the effects of each factor but the last, row-major
   * (coefficient, effect): β = β_θ − Σ_f A_f (u_f − û_f), with û_f the effects last evaluated. Empty for none.
   */
  setShifts(shifts: readonly Float64Array[]): void;
  /** b of the last factor at o = 0. */
  readonly lastPull: Float64Array;
  /** η of the position last evaluated, if nothing else was evaluated since. */
  eta(): Float64Array;
  logDensity(position: Float64Array, gradient: Float64Array): number;
}

export function multilevelDensity(specification: RegressionSpecification): MultilevelDensity {
  const data = multilevelRows(specification);
  const { factors, cells } = data;
  const given = outcomesOf(specification.data, cells);
  const family = responseFamily(specification.family, given);
  const latents = latentDensity(specification, cells.of);
  const parameters = new MultilevelParameters(specification, factors, data.means);
  const others = factors.length - 1;
  const maps = factors.map(({ levels, size }, f) =>
    f < others && isJoint(factors) ? new RotatedMap(levels) : groupMap(levels, size),
  );
  const starts: number[] = [];
  let dimension = parameters.dimension;
  for (const { length } of maps) {
    starts.push(dimension);
    dimension += length;
  }
  const latentStart = dimension;
  dimension += latents?.length ?? 0;
  const lastMap = maps[others];
  const loops = compiledLoops(data, family, given) ?? new PlainLoops(data, family);
  const lastPull = new Float64Array(lastMap.length);
  const { values: at, gradients } = parameters;
  const shifts = coefficientShifts(maps, parameters);

  return {
    dimension,
    data,
    family,
    parameters,
    maps,
    starts,
    latents,
    linearize: (weighted) => loops.linearize(weighted),
    setShifts: shifts.set,
    lastPull,
    eta: () => loops.eta(),
    logDensity(position, gradient) {
      parameters.read(position);
      let logDensity = 0;
      for (let f = 0; f < others; f++) {
        logDensity += maps[f].forward(at.loadings[f], position, starts[f]);
      }
      shifts.forward();
      loops.writePopulation(at.coefficients);
      if (latents) loops.addRows(latents.forward(position, latentStart, at.coefficients));
      for (let f = 0; f < others; f++) loops.addEffects(f, maps[f].effects);
      loops.writeWeightedSums(lastMap.pull);
      for (let m = 0; m < lastPull.length; m++) lastMap.pull[m] = lastPull[m] - lastMap.pull[m];
      logDensity += lastMap.forward(at.loadings[others], position, starts[others]);
      loops.addEffects(others, lastMap.effects);

      logDensity += loops.logLikelihood(at.aux, gradients.aux);

      loops.writeLevelSums(others, lastMap.effectGradient);
      lastMap.backward(at.loadings[others], gradients.loadings[others], gradient, starts[others]);
      const { pullGradient } = lastMap;
      for (let m = 0; m < pullGradient.length; m++) pullGradient[m] = -pullGradient[m];
      loops.addWeighted(pullGradient);
      loops.addColumnSums(gradients.coefficients);
      logDensity += latents?.backward(loops.slopes(), gradients.coefficients, gradient) ?? 0;
      for (let f = 0; f < others; f++) loops.writeLevelSums(f, maps[f].effectGradient);
      shifts.backward();
      for (let f = others - 1; f >= 0; f--) {
        maps[f].backward(at.loadings[f], gradients.loadings[f], gradient, starts[f]);
      }
      return logDensity + parameters.finish(gradient);
    },
  };
}

/** More levels would make the rotation cost more than the rows. */
const MOST_ROTATED = 150;

/** True if the effects of all factors but the last are single and few: their maps are then rotated. */
function isJoint(factors: MultilevelRows['factors']): boolean {
  const others = factors.slice(0, -1);
  return others.every(({ size, levels }) => size === 1 && levels <= MOST_ROTATED);
}

/** The coefficients' dependence on the effects of all factors but the last. */
function coefficientShifts(maps: readonly GroupMap[], parameters: MultilevelParameters) {
  const { values, gradients } = parameters;
  const count = values.coefficients.length;
  const by = new Float64Array(count);
  const slopes = new Float64Array(count);
  let all: readonly { shift: Float64Array; centre: Float64Array; map: GroupMap }[] = [];
  return {
    set(shifts: readonly Float64Array[]): void {
      all = shifts.map((shift, f) => ({ shift, centre: maps[f].effects.slice(), map: maps[f] }));
    },
    forward(): void {
      if (all.length === 0) return;
      by.fill(0);
      for (const { shift, centre, map } of all) {
        for (let j = 0, at = 0; j < count; j++) {
          for (let k = 0; k < centre.length; k++)
            by[j] -= shift[at++] * (map.effects[k] - centre[k]);
        }
      }
      parameters.moveCoefficients(by);
    },
    /** Adds to ū of the maps; the gradient by the coefficients is complete but for their prior. */
    backward(): void {
      if (all.length === 0) return;
      slopes.set(gradients.coefficients);
      parameters.addCoefficientSlopes(slopes);
      for (const { shift, map } of all) {
        for (let j = 0, at = 0; j < count; j++) {
          for (let k = 0; k < map.length; k++) map.effectGradient[k] -= shift[at++] * slopes[j];
        }
      }
    },
  };
}
