/**
 * The log likelihood of a regression without group effects, as a function of (α?, β …, aux …) on
 * their own scale, with α at the centre of the predictors:
 *
 *     ℓ = Σ log p(y_i | η_i, aux),   η = α + offset + X β
 *     ∂ℓ/∂(α, β) = (1, X)ᵀ ∂ℓ/∂η,    ∂²ℓ/∂(α, β)² = (1, X)ᵀ diag(∂²ℓ/∂η²) (1, X)
 *
 * The normal family with the identity link uses sufficient statistics: gaussian-likelihood.ts.
 */

import {
  type CurvaturePart,
  type Family,
  type ResponseFamily,
  traitsOf,
} from '../families/family.js';
import { responseFamily } from '../families/index.js';
import { compiledLikelihood, type ParameterLikelihood } from '../kernels/row-kernel.js';
import { outcomesOf, type RegressionData } from '../regression-data.js';
import {
  type CoefficientDesign,
  cellsOfDesign,
  coefficientDesign,
  writeColumnSums,
  writeEta,
  writeGram,
} from './coefficient-design.js';
import { gaussianLikelihood } from './gaussian-likelihood.js';

export interface CoefficientLikelihood {
  readonly design: CoefficientDesign;
  /** Up to a constant; overwrites the gradient and allocates nothing. */
  readonly logLikelihood: ParameterLikelihood;
  /** The same from a compiled kernel, equal up to the last digits; null if not available. */
  compile(): ParameterLikelihood | null;
  /** Maximum-likelihood estimate, if it has a closed form. */
  readonly peak?: Float64Array;
  /** Overwrites the Hessian, row-major (parameter, parameter). */
  hessian(parameters: Float64Array, hessian: Float64Array): void;
}

export function coefficientLikelihood(family: Family, data: RegressionData): CoefficientLikelihood {
  if (
    family.family === 'gaussian' &&
    family.link === 'identity' &&
    !data.weights &&
    !data.errors &&
    !data.limits &&
    !family.fixed &&
    !family.predicted
  ) {
    return gaussianLikelihood(data);
  }
  const { merges, outcome } = traitsOf(family);
  const design = coefficientDesign(data, merges ? 'merged' : 'by-row');
  const own = outcome === 'binomial' ? data : { ...data, trials: null };
  const outcomes = outcomesOf(own, cellsOfDesign(design, data).cells);
  const plain = rowLikelihood(design, responseFamily(family, outcomes));
  return {
    ...plain,
    compile: () => compiledLikelihood(family, design, outcomes, plain.logLikelihood),
  };
}

function rowLikelihood(
  design: CoefficientDesign,
  response: ResponseFamily,
): Omit<CoefficientLikelihood, 'compile'> {
  const { cells, intercept, slopes } = design;
  const coefficients = intercept + slopes;
  const auxiliary = response.auxiliary.length;
  const eta = new Float64Array(cells);
  const etaGradient = new Float64Array(cells);
  const aux = new Float64Array(auxiliary);
  const auxGradient = new Float64Array(auxiliary);
  const readAux = (parameters: Float64Array): void => {
    for (let a = 0; a < auxiliary; a++) aux[a] = parameters[coefficients + a];
  };

  return {
    design,
    logLikelihood(parameters, gradient) {
      writeEta(design, parameters, eta);
      readAux(parameters);
      const value = response.logLikelihood(eta, aux, etaGradient, auxGradient);
      writeColumnSums(design, etaGradient, gradient);
      for (let a = 0; a < auxiliary; a++) gradient[coefficients + a] = auxGradient[a];
      return value;
    },
    hessian(parameters, hessian) {
      writeEta(design, parameters, eta);
      readAux(parameters);
      writeHessian(design, response, eta, aux, hessian);
    },
  };
}

function writeHessian(
  design: CoefficientDesign,
  response: ResponseFamily,
  eta: Float64Array,
  aux: Float64Array,
  hessian: Float64Array,
): void {
  const { cells, intercept, slopes } = design;
  const coefficients = intercept + slopes;
  const dimension = coefficients + aux.length;
  const etaCurvature = new Float64Array(cells);
  const cross = new Float64Array(aux.length * cells);
  const auxCurvature = new Float64Array(aux.length * aux.length);
  response.curvature(eta, aux, etaCurvature, cross, auxCurvature);
  writeGram(design, etaCurvature, hessian, dimension);
  response.eachCurvaturePart?.(eta, aux, partAdder(design, hessian, dimension));
  const sums = new Float64Array(coefficients);
  for (let a = 0; a < aux.length; a++) {
    const row = coefficients + a;
    writeColumnSums(design, cross.subarray(a * cells, (a + 1) * cells), sums);
    for (let j = 0; j < coefficients; j++) {
      hessian[row * dimension + j] = sums[j];
      hessian[j * dimension + row] = sums[j];
    }
    for (let b = 0; b < aux.length; b++) {
      hessian[row * dimension + coefficients + b] = auxCurvature[a * aux.length + b];
    }
  }
}

/** Adds w (Xᵀv)(Xᵀv)ᵀ to the first block of the Hessian. */
function partAdder(
  { cells, intercept, slopes, columns }: CoefficientDesign,
  hessian: Float64Array,
  dimension: number,
): CurvaturePart {
  const sums = new Float64Array(intercept + slopes);
  return (weight, places, values) => {
    sums.fill(0);
    for (let k = 0; k < places.length; k++) {
      if (intercept === 1) sums[0] += values[k];
      for (let j = 0; j < slopes; j++) {
        sums[intercept + j] += values[k] * columns[j * cells + places[k]];
      }
    }
    for (let a = 0; a < sums.length; a++) {
      for (let b = 0; b < sums.length; b++) {
        hessian[a * dimension + b] += weight * sums[a] * sums[b];
      }
    }
  };
}
