/**
 * How far importance weights can be trusted: the shape k̂ of the generalized Pareto distribution
 * that fits their largest values (Vehtari, Simpson, Gelman, Yao & Gabry 2024, JMLR 25, arXiv
 * 1507.02646), as the R package posterior computes it. Of weights of a posterior against its
 * approximation, k̂ tells how close the two are: below 0.5 the weights have a variance, below 0.7
 * importance sampling from the approximation would do, above it the approximation misses mass.
 */

/** k̂ of importance weights given by their logarithms; NaN for fewer than 25, or not finite ones. */
export function paretoK(logWeights: ArrayLike<number>): number {
  const ascending = Float64Array.from(logWeights).sort();
  const n = ascending.length;
  const largest = ascending[n - 1];
  if (n < 25 || !Number.isFinite(ascending[0]) || !Number.isFinite(largest)) return Number.NaN;
  const tail = tailLength(n);
  const cutoff = Math.exp(ascending[n - tail - 1] - largest);
  const exceedances = ascending
    .subarray(n - tail)
    .map((logWeight) => Math.exp(logWeight - largest) - cutoff);
  // All the same: no tail at all.
  if (exceedances[tail - 1] - exceedances[0] < 1e-15) return Number.NEGATIVE_INFINITY;
  return fitGeneralizedPareto(exceedances).k;
}

/** 3 √S of S weights; a fifth of them where they are few. */
function tailLength(count: number): number {
  return count > 225 ? Math.ceil(3 * Math.sqrt(count)) : Math.floor(count / 5);
}

export interface GeneralizedPareto {
  /** Shape: moments of order below 1/k exist. */
  readonly k: number;
  /** Scale. */
  readonly sigma: number;
}

/** Candidates for θ = −k/σ beside √n more, and the prior's weight, by Zhang & Stephens. */
const LEAST_CANDIDATES = 30;
const PRIOR = 3;
/** Weakly informative prior of k: as if ten more values had k = 0.5 (Vehtari et al. 2024, app. G). */
const PRIOR_VALUES = 10;
const PRIOR_K = 0.5;

/**
 * The empirical Bayes estimate of Zhang & Stephens (2009, Technometrics 51): the profile likelihood
 * of θ = −k/σ averaged over a grid.
 *
 * @param ascending positive values in ascending order
 */
export function fitGeneralizedPareto(ascending: Float64Array): GeneralizedPareto {
  const n = ascending.length;
  const candidates = LEAST_CANDIDATES + Math.floor(Math.sqrt(n));
  const quartile = ascending[Math.floor(n / 4 + 0.5) - 1];
  const thetas = Float64Array.from(
    { length: candidates },
    (_, j) => 1 / ascending[n - 1] + (1 - Math.sqrt(candidates / (j + 0.5))) / PRIOR / quartile,
  );
  const logLikelihoods = thetas.map((theta) => {
    const shape = shapeGiven(theta, ascending);
    return n * (Math.log(-theta / shape) - shape - 1);
  });
  const most = logLikelihoods.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  let theta = 0;
  logLikelihoods.forEach((value, j) => {
    const weight = Math.exp(value - most);
    sum += weight;
    theta += weight * thetas[j];
  });
  theta /= sum;
  const k = shapeGiven(theta, ascending);
  const shrunk = (k * n + PRIOR_K * PRIOR_VALUES) / (n + PRIOR_VALUES);
  return { k: Number.isNaN(shrunk) ? Number.POSITIVE_INFINITY : shrunk, sigma: -k / theta };
}

/** The likeliest k for a given θ. */
function shapeGiven(theta: number, values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.log1p(-theta * values[i]);
  return sum / values.length;
}
