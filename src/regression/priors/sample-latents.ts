/** Draws of latent predictors from their priors, and of what is observed of them. */
import {
  writeCorrelatedEffects,
  writeCorrelations,
} from '../../../models/multilevel/correlation-cholesky.js';
import { drawLkjFactor, drawPrior, type Prior } from '../../../models/prior-distributions.js';
import {
  centrePredictors,
  correlatedLatents,
  type Latents,
  type RegressionData,
  type RegressionSpecification,
} from '../../../models/regression-data.js';
import { inexactUnits, latentLayout, latentMean } from '../../../models/reported-latents.js';
import type { RandomStream } from '../../random/stream.js';

/**
 * Writes parameters of latent predictors, and their latent numbers.
 *
 * @param first place of the first of them among the reported parameters
 */
export function drawLatents(
  { data: { latents }, priors }: Pick<RegressionSpecification, 'data' | 'priors'>,
  first: number,
  parameters: Float64Array,
  random: RandomStream,
): void {
  if (!latents || !priors.latents) return;
  const layout = latentLayout(latents);
  latents.variables.forEach((variable, k) => {
    const own = priors.latents?.variables[k];
    if (!own) return;
    const mean = first + layout.variables[k].mean;
    const slopes = mean + Number(variable.intercept);
    own.coefficients.forEach((prior, j) => {
      parameters[slopes + j] = drawPrior(prior, random);
    });
    if (own.intercept) {
      parameters[mean] = drawPrior(own.intercept, random);
      centrePredictors(variable).means.forEach((centre, j) => {
        parameters[mean] -= centre * parameters[slopes + j];
      });
    }
    parameters[first + layout.variables[k].sd] = drawPrior(own.sd, random);
  });
  const size = correlatedLatents(latents);
  if (size > 0) {
    const factor = drawLkjFactor(priors.latents.correlation ?? 1, size, random);
    writeCorrelations(factor, size, parameters, first + layout.correlations);
    drawLatentNumbers(latents, first, parameters, random, factor);
  } else drawLatentNumbers(latents, first, parameters, random, null);
}

/** Writes the latent numbers given their parameters. @param factor of the correlations; null without */
export function drawLatentNumbers(
  latents: Latents,
  first: number,
  parameters: Float64Array,
  random: RandomStream,
  factor: Float64Array | null,
): void {
  const layout = latentLayout(latents);
  const size = correlatedLatents(latents);
  const sds = Float64Array.from(
    { length: size },
    (_, k) => parameters[first + layout.variables[k].sd],
  );
  const z = new Float64Array(size);
  const effects = new Float64Array(size);
  const units = size > 0 ? latents.variables[0].observed.length : 0;
  for (let unit = 0; factor !== null && unit < units; unit++) {
    random.normals(z);
    writeCorrelatedEffects(sds, factor, z, effects);
    for (let k = 0; k < size; k++) {
      const { mean, values } = layout.variables[k];
      parameters[first + values + unit] = parameters[first + mean] + effects[k];
    }
  }
  latents.variables.slice(size).forEach((variable, k) => {
    const { mean, sd, values } = layout.variables[size + k];
    inexactUnits(variable).forEach((unit, i) => {
      const mu = latentMean(variable, unit, parameters, first + mean);
      parameters[first + values + i] = mu + parameters[first + sd] * random.normal();
    });
  });
}

/** The data with other values observed, drawn given the parameters, and the columns of the predictors that follow. */
export function observedAnew(
  data: RegressionData,
  first: number,
  parameters: Float64Array,
  random: RandomStream,
): RegressionData {
  const { latents, predictors, parts = [] } = data;
  if (!latents) return data;
  const layout = latentLayout(latents);
  const height = 1 + parts.length;
  const variables = latents.variables.map((variable, k) => {
    const { mean, sd, values } = layout.variables[k];
    const observed = variable.observed.slice();
    let next = first + values;
    variable.errors.forEach((error, unit) => {
      if (error === 0) {
        const mu = latentMean(variable, unit, parameters, first + mean);
        observed[unit] = mu + parameters[first + sd] * random.normal();
        return;
      }
      const latent = parameters[next++];
      if (Number.isFinite(error)) observed[unit] = latent + error * random.normal();
    });
    return { ...variable, observed };
  });
  const width = predictors.names.length;
  const columns = predictors.values.slice();
  for (const { column, variable, factors } of latents.terms) {
    const { observed, unitOf } = variables[variable];
    for (let i = 0; i < data.rows; i++) {
      columns[i * height * width + column] = observed[unitOf[i]] * factors[i];
    }
  }
  return {
    ...data,
    predictors: { ...predictors, values: columns },
    latents: { ...latents, variables },
  };
}

/** Reported names of the parameters of latent predictors with an improper prior, by `isProper`. */
export function improperLatents(
  { data: { latents }, priors }: Pick<RegressionSpecification, 'data' | 'priors'>,
  isProper: (prior: Prior) => boolean,
): string[] {
  return (latents?.variables ?? []).flatMap(({ kind, name, intercept, predictors }, k) => {
    const own = priors.latents?.variables[k];
    if (!own) return [];
    const [mean, sd] = kind === 'noisy' ? ['meanme', 'sdme'] : ['b', 'sigma'];
    const ofMean = kind === 'noisy' ? `${mean}_${name}` : `${mean}_${name}_Intercept`;
    return [
      ...(intercept && own.intercept && !isProper(own.intercept) ? [ofMean] : []),
      ...predictors.names.flatMap((column, j) =>
        isProper(own.coefficients[j]) ? [] : [`b_${name}_${column}`],
      ),
      ...(isProper(own.sd) ? [] : [`${sd}_${name}`]),
    ];
  });
}
