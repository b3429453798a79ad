/**
 * Latent predictors among the reported parameters, with brms' names. In order: of each predictor meanme_NAME, or
 * b_NAME_Intercept and b_NAME_COLUMN; of each sdme_NAME or sigma_NAME; corme__NAME__OTHER, pairs as (1,2), (1,3),
 * (2,3), …; then the latent numbers of all units that are not exact, Xme_NAME[UNIT] or Ymi_NAME[UNIT].
 */
import { correlationCount } from './multilevel/correlation-cholesky.js';
import {
  correlatedLatents,
  type LatentPredictor,
  type Latents,
  type RegressionData,
} from './regression-data.js';

/** Places among the parameters of latent predictors, from the first of them. */
interface LatentLayout {
  readonly variables: readonly LatentPlaces[];
  readonly correlations: number;
  readonly length: number;
}

interface LatentPlaces {
  /** α, if there is one, then γ. */
  readonly mean: number;
  readonly sd: number;
  /** ξ of the first unit that is not exact. */
  readonly values: number;
}

export function latentLayout(latents: Latents): LatentLayout {
  let mean = 0;
  const means = latents.variables.map((variable) => {
    const place = mean;
    mean += Number(variable.intercept) + variable.predictors.names.length;
    return place;
  });
  const correlations = mean + latents.variables.length;
  let values = correlations + correlationCount(correlatedLatents(latents));
  const variables = latents.variables.map((variable, k): LatentPlaces => {
    const place = values;
    values += inexactUnits(variable).length;
    return { mean: means[k], sd: mean + k, values: place };
  });
  return { variables, correlations, length: values };
}

/** Units whose latent number is a parameter. */
export function inexactUnits({ errors }: LatentPredictor): number[] {
  return [...errors].flatMap((error, unit) => (error === 0 ? [] : [unit]));
}

/** Names in the order of the layout. */
export function latentNames(latents: Latents): string[] {
  const { variables } = latents;
  const correlated = variables.slice(0, correlatedLatents(latents));
  return [
    ...variables.flatMap(({ name, kind, intercept, predictors }) =>
      kind === 'noisy'
        ? [`meanme_${name}`]
        : [...(intercept ? ['Intercept'] : []), ...predictors.names].map(
            (column) => `b_${name}_${column}`,
          ),
    ),
    ...variables.map(({ name, kind }) => `${kind === 'noisy' ? 'sdme' : 'sigma'}_${name}`),
    ...correlated.flatMap(({ name }, k) =>
      correlated.slice(0, k).map((other) => `corme__${other.name}__${name}`),
    ),
    ...variables.flatMap((variable) =>
      inexactUnits(variable).map((unit) => {
        const label = variable.labels?.[unit].replaceAll(/[ \t\r\n]/g, '.') ?? String(unit + 1);
        return `${variable.kind === 'noisy' ? 'Xme' : 'Ymi'}_${variable.name}[${label}]`;
      }),
    ),
  ];
}

/**
 * Adds what latent numbers add to η beyond what is observed in their place, β_t (ξ − x) f_ti.
 *
 * @param slopes place of the first slope among the parameters
 * @param first place of the first parameter of latent predictors
 * @param height linear predictors of a row
 */
export function addLatents(
  { latents }: Pick<RegressionData, 'latents'>,
  { slopes, first, height }: { slopes: number; first: number; height: number },
): (parameters: Float64Array, eta: Float64Array) => void {
  if (!latents) return () => undefined;
  const layout = latentLayout(latents);
  const places = latents.variables.map((variable, k) => {
    const all = new Int32Array(variable.observed.length).fill(-1);
    inexactUnits(variable).forEach((unit, i) => {
      all[unit] = first + layout.variables[k].values + i;
    });
    return all;
  });
  return (parameters, eta) => {
    for (const { column, variable, factors } of latents.terms) {
      const { observed, unitOf } = latents.variables[variable];
      const slope = parameters[slopes + column];
      for (let i = 0; i < unitOf.length; i++) {
        const place = places[variable][unitOf[i]];
        if (place < 0) continue;
        eta[i * height] += slope * factors[i] * (parameters[place] - observed[unitOf[i]]);
      }
    }
  };
}

/** Writes the mean α + w_u·γ of a unit's latent number, α at predictors of zero. */
export function latentMean(
  { intercept, predictors }: Pick<LatentPredictor, 'intercept' | 'predictors'>,
  unit: number,
  parameters: Float64Array,
  place: number,
): number {
  const width = predictors.names.length;
  const slopes = place + Number(intercept);
  let mean = intercept ? parameters[place] : 0;
  for (let j = 0; j < width; j++) {
    mean += predictors.values[unit * width + j] * parameters[slopes + j];
  }
  return mean;
}
