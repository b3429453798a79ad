/**
 * Five posteriors of posteriordb as models written by hand, with analytic gradients. The data
 * come with the reference draws; only the densities are here.
 */

import { positive } from '../../models/transforms.js';
import type { Model } from '../../src/sampler/model.js';

type Column = readonly number[];

/** What an added prior says at x: its log density up to a constant, and the derivative. */
type Prior = (x: number) => readonly [logDensity: number, derivative: number];

const flat: Prior = () => [0, 0];
const normalPrior =
  (sd: number): Prior =>
  (x) => [-0.5 * (x / sd) ** 2, -x / sd ** 2];
const cauchyPrior =
  (scale: number): Prior =>
  (x) => [-Math.log1p((x / scale) ** 2), (-2 * x) / (scale ** 2 + x * x)];

/** y ~ normal(X β, σ), row by row; position (β, log σ), reported (β, σ). */
function linearModel(
  columns: readonly Column[],
  outcomes: Column,
  { beta = flat, sigma = flat }: { beta?: Prior; sigma?: Prior } = {},
): Model {
  const k = columns.length;
  const predictors = columns.map((column) => Float64Array.from(column));
  const residuals = new Float64Array(outcomes.length);
  return {
    dimension: k + 1,
    parameterNames: [...columns.map((_, j) => `beta[${j + 1}]`), 'sigma'],
    logDensity(position, gradient) {
      residuals.set(outcomes);
      for (let j = 0; j < k; j++) {
        for (let i = 0; i < residuals.length; i++) residuals[i] -= position[j] * predictors[j][i];
      }
      const scale = positive.constrain(position[k]);
      const precision = 1 / (scale * scale);
      let squares = 0;
      for (let i = 0; i < residuals.length; i++) squares += residuals[i] ** 2;
      const [sigmaDensity, sigmaDerivative] = sigma(scale);
      // + position[k]: the log Jacobian of σ = exp(u).
      let logDensity =
        -residuals.length * position[k] - 0.5 * precision * squares + sigmaDensity + position[k];
      gradient[k] = -residuals.length + precision * squares + sigmaDerivative * scale + 1;
      for (let j = 0; j < k; j++) {
        let product = 0;
        for (let i = 0; i < residuals.length; i++) product += residuals[i] * predictors[j][i];
        const [priorDensity, priorDerivative] = beta(position[j]);
        logDensity += priorDensity;
        gradient[j] = precision * product + priorDerivative;
      }
      return logDensity;
    },
    constrain(position, parameters) {
      parameters.set(position);
      parameters[k] = positive.constrain(position[k]);
    },
  };
}

const ones = (column: Column) => column.map(() => 1);

/** log(earn) ~ normal(β1 + β2 height + β3 male + β4 height · male, σ); flat, σ > 0. */
export function earnings(data: { earn: Column; height: Column; male: Column }): Model {
  const { earn, height, male } = data;
  const interaction = height.map((h, i) => h * male[i]);
  return linearModel([ones(earn), height, male, interaction], earn.map(Math.log));
}

/** kid_score ~ normal(β1 + β2 mom_iq, σ); β flat, σ ~ half-Cauchy(0, 2.5). */
export function kidiq(data: { kid_score: Column; mom_iq: Column }): Model {
  const { kid_score: score, mom_iq: iq } = data;
  return linearModel([ones(score), iq], score, { sigma: cauchyPrior(2.5) });
}

/** partyid7 on ideology, race, three age groups, education, gender and income; flat, σ > 0. */
export function nes(
  data: Record<
    'partyid7' | 'real_ideo' | 'race_adj' | 'age_discrete' | 'educ1' | 'gender' | 'income',
    Column
  >,
): Model {
  const age = (group: number) => data.age_discrete.map((value) => (value === group ? 1 : 0));
  const predictors = [
    ones(data.partyid7),
    data.real_ideo,
    data.race_adj,
    age(2),
    age(3),
    age(4),
    data.educ1,
    data.gender,
    data.income,
  ];
  return linearModel(predictors, data.partyid7);
}

/** y ~ normal(X β, σ); β ~ normal(0, 10), σ ~ half-normal(0, 10). */
export function sblrc(data: { y: Column; X: readonly Column[] }): Model {
  const columns = data.X[0].map((_, j) => data.X.map((row) => row[j]));
  return linearModel(columns, data.y, { beta: normalPrior(10), sigma: normalPrior(10) });
}

/**
 * Eight schools, not centred: θ_j = μ + τ η_j, η_j ~ normal(0, 1), y_j ~ normal(θ_j, σ_j),
 * μ ~ normal(0, 5), τ ~ half-Cauchy(0, 5). Position (η, μ, log τ), reported (θ, μ, τ).
 */
export function eightSchools({ y, sigma }: { y: Column; sigma: Column }): Model {
  const schools = y.length;
  const [muPrior, tauPrior] = [normalPrior(5), cauchyPrior(5)];
  return {
    dimension: schools + 2,
    parameterNames: [...y.map((_, j) => `theta[${j + 1}]`), 'mu', 'tau'],
    logDensity(position, gradient) {
      const mu = position[schools];
      const tau = positive.constrain(position[schools + 1]);
      const [muDensity, muDerivative] = muPrior(mu);
      const [tauDensity, tauDerivative] = tauPrior(tau);
      let logDensity = muDensity + tauDensity + position[schools + 1];
      let tauGradient = tauDerivative;
      gradient[schools] = muDerivative;
      for (let j = 0; j < schools; j++) {
        const eta = position[j];
        const z = (y[j] - mu - tau * eta) / sigma[j];
        const pull = z / sigma[j];
        logDensity -= 0.5 * (z * z + eta * eta);
        gradient[j] = tau * pull - eta;
        gradient[schools] += pull;
        tauGradient += eta * pull;
      }
      gradient[schools + 1] = tauGradient * tau + 1;
      return logDensity;
    },
    constrain(position, parameters) {
      const mu = position[schools];
      const tau = positive.constrain(position[schools + 1]);
      for (let j = 0; j < schools; j++) parameters[j] = mu + tau * position[j];
      parameters[schools] = mu;
      parameters[schools + 1] = tau;
    },
  };
}
