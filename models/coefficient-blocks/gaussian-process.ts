/**
 * A Gaussian process gp(x) in the basis of src/formula/hilbert-space.ts,
 *
 *     f(x) = Σ_j √S(ω_j) z_j φ_j(x),   z_j ~ normal(0, 1)
 *
 * with the spectral density S of its kernel k(r), sdgp² times
 *
 *     exp_quad   exp(−r² / (2 ℓ²))                                  S(ω) = √(2π) ℓ exp(−ℓ² ω² / 2)
 *     matern32   (1 + √3 r/ℓ) exp(−√3 r/ℓ)                          ν = 3/2, C = 4 · 3^{3/2}
 *     matern52   (1 + √5 r/ℓ + 5 r² / (3 ℓ²)) exp(−√5 r/ℓ)          ν = 5/2, C = 16/3 · 5^{5/2}
 *
 * of which the last two have S(ω) = C ℓ (2 ν + ℓ² ω²)^{−ν − ½} (Rasmussen & Williams 2006, Gaussian Processes for
 * Machine Learning, eq. 4.15, in one dimension). Parameters of the block: z; in addition sdgp and ℓ. Reported are
 * sdgp_NAME, lscale_NAME and zgp_NAME[j], as in brms; ℓ is in the unit of the scaled x.
 */
import type { TermFunction } from './block.js';

type Kernel = 'exp_quad' | 'matern32' | 'matern52';

/** The plain data of a term gp(x). */
export interface GaussianProcessTerm {
  readonly kind: 'process';
  /** brms' name without prefix: `gpx`, `gpxga` for the level a of g; of another parameter's predictor `sigma_gpx`. */
  readonly name: string;
  readonly kernel: Kernel;
  /** ω_j of each column. */
  readonly frequencies: readonly number[];
  readonly columns: number;
  /** Smallest distance between distinct values of x, and the largest, in the unit of the length-scale. */
  readonly leastGap: number;
  readonly range: number;
  /** The shortest length-scale that the columns resolve, in the same unit. */
  readonly shortest: number;
  /** The parameter whose linear predictor it is in. @default the mean */
  readonly parameter?: string;
}

/** √S at sdgp = 1, and the derivative of its logarithm by ℓ. */
interface Spectrum {
  root(length: number, frequency: number): number;
  slope(length: number, frequency: number): number;
}

function matern(order: number, constant: number): Spectrum {
  const sizeAt = (length: number, frequency: number) => 2 * order + (length * frequency) ** 2;
  return {
    root: (length, frequency) =>
      Math.sqrt(constant * length) * sizeAt(length, frequency) ** (-0.5 * order - 0.25),
    slope: (length, frequency) =>
      0.5 / length - ((order + 0.5) * length * frequency ** 2) / sizeAt(length, frequency),
  };
}

const spectra: Readonly<Record<Kernel, Spectrum>> = {
  exp_quad: {
    root: (length, frequency) =>
      (2 * Math.PI) ** 0.25 * Math.sqrt(length) * Math.exp(-0.25 * (length * frequency) ** 2),
    slope: (length, frequency) => 0.5 / length - 0.5 * length * frequency ** 2,
  },
  matern32: matern(1.5, 4 * 3 ** 1.5),
  matern52: matern(2.5, (16 / 3) * 5 ** 2.5),
};

export function gaussianProcessFunction({
  name,
  kernel,
  frequencies,
  columns,
}: Pick<GaussianProcessTerm, 'name' | 'kernel' | 'frequencies' | 'columns'>): TermFunction {
  const { root, slope } = spectra[kernel];
  const names = Array.from({ length: columns }, (_, j) => `zgp_${name}[${j + 1}]`);
  return {
    names: [`sdgp_${name}`, `lscale_${name}`, ...names],
    write({ own, further: [sd, length] }, coefficients) {
      for (let j = 0; j < columns; j++)
        coefficients[j] = sd * root(length, frequencies[j]) * own[j];
    },
    pull({ own, further: [sd, length] }, slopes, gradient) {
      let bySd = 0;
      let byLength = 0;
      for (let j = 0; j < columns; j++) {
        const unit = root(length, frequencies[j]);
        const along = slopes[j] * unit * own[j];
        gradient.own[j] = slopes[j] * sd * unit;
        bySd += along;
        byLength += along * sd * slope(length, frequencies[j]);
      }
      gradient.further[0] = bySd;
      gradient.further[1] = byLength;
    },
    report({ own, further }, _, reported) {
      reported.set(further);
      reported.set(own, 2);
    },
    fromReported(reported, coefficients) {
      const [sd, length] = reported;
      for (let j = 0; j < columns; j++) {
        coefficients[j] = sd * root(length, frequencies[j]) * reported[j + 2];
      }
    },
  };
}
