/**
 * The standardized weights z of a context given its mean reports. With e_k = r_k − mu_k,
 * b_k = tau_k rho_k and V the covariance of the reports given z, over the reporting models k with a
 * report,
 *
 *     V_kk = tau_k² (1 − rho_k²) + se_k²,   V_12 = cor_r √(tau_1² (1 − rho_1²)) √(tau_2² (1 − rho_2²)),
 *     P = 1 + bᵀ V⁻¹ b,   q = bᵀ V⁻¹ e,   z | r ~ normal(q / P, 1 / √P),
 *     log p(r) = −½ (log |V| + eᵀ V⁻¹ e) − ½ log P + ½ q² / P + constant.
 *
 * cor_r is the correlation of what two reporting models share beyond the weights, a bias of the reports
 * for example. Three and more reporting models are independent given z: V is diagonal.
 *
 * Adjoints, with g = V⁻¹ e and h = V⁻¹ b:
 *
 *     b̄ = q̄ g + 2 P̄ h,   ē = q̄ h − g,   V̄ = −½ q̄ (h gᵀ + g hᵀ) − P̄ h hᵀ + ½ g gᵀ − ½ V⁻¹.
 */

/** Mean reports of one reporting model, by context and attribute: row-major (context, attribute). */
export interface MeanReports {
  /** Distinguishes the parameters of several reporting models: `rho[NAME]`. */
  readonly name: string;
  /** In units of their standard deviation; NaN where there is no report. */
  readonly means: Float64Array;
  /** Standard errors, at least 0, in the same units; ignored where there is no report. */
  readonly se: Float64Array;
}

/** Places of the parameters of the first reporting model; those of the others follow. */
interface ReportPlaces {
  readonly rho: number;
  readonly muR: number;
  readonly tauR: number;
  /** null unless there are two reporting models. */
  readonly corR: number | null;
}

export class LatentReports {
  /** Mean q / P and precision P of z, by attribute, after `forward`. */
  readonly mean: Float64Array;
  readonly precision: Float64Array;
  /** Their adjoints: written by the caller before `backward`. */
  readonly meanGradient: Float64Array;
  readonly precisionGradient: Float64Array;
  /** e, b, g, h and the diagonal of V⁻¹ of one cell; zero without a report. */
  readonly #error: Float64Array;
  readonly #loading: Float64Array;
  readonly #pulled: Float64Array;
  readonly #loaded: Float64Array;
  readonly #inverse: Float64Array;
  /** (V⁻¹)_12 of the cell. */
  #cross = 0;

  constructor(
    private readonly reports: readonly MeanReports[],
    private readonly attributes: number,
    private readonly places: ReportPlaces,
  ) {
    const perModel = () => new Float64Array(reports.length);
    this.mean = new Float64Array(attributes);
    this.precision = new Float64Array(attributes);
    this.meanGradient = new Float64Array(attributes);
    this.precisionGradient = new Float64Array(attributes);
    this.#error = perModel();
    this.#loading = perModel();
    this.#pulled = perModel();
    this.#loaded = perModel();
    this.#inverse = perModel();
  }

  /** Writes mean and precision of z; returns log p(reports) of the context, up to a constant. */
  forward(context: number, at: Float64Array): number {
    const { attributes } = this;
    let logDensity = 0;
    let determinants = 1;
    for (let j = 0; j < attributes; j++) {
      determinants *= this.#solve(context * attributes + j, at);
      let precision = 1;
      let pull = 0;
      for (let k = 0; k < this.#error.length; k++) {
        precision += this.#loading[k] * this.#loaded[k];
        pull += this.#loading[k] * this.#pulled[k];
        logDensity -= 0.5 * this.#error[k] * this.#pulled[k];
      }
      this.precision[j] = precision;
      this.mean[j] = pull / precision;
      logDensity += (0.5 * pull * pull) / precision;
      determinants *= precision;
    }
    return logDensity - 0.5 * Math.log(determinants);
  }

  /** Writes e, b, V⁻¹, g and h of a context and attribute; returns |V|. */
  #solve(cell: number, at: Float64Array): number {
    const { reports, places } = this;
    let determinant = 1;
    let present = 0;
    for (let k = 0; k < reports.length; k++) {
      const mean = reports[k].means[cell];
      if (Number.isNaN(mean)) {
        this.#error[k] = this.#loading[k] = this.#inverse[k] = 0;
        continue;
      }
      present++;
      const rho = at[places.rho + k];
      const tau = at[places.tauR + k];
      const se = reports[k].se[cell];
      const variance = tau * tau * (1 - rho * rho) + se * se;
      this.#error[k] = mean - at[places.muR + k];
      this.#loading[k] = tau * rho;
      this.#inverse[k] = 1 / variance;
      determinant *= variance;
    }
    this.#cross = 0;
    if (places.corR !== null && present === 2) {
      const shared = at[places.corR] * this.#ownSd(0, at) * this.#ownSd(1, at);
      const [first, second] = this.#inverse;
      const left = determinant - shared * shared;
      // 1 / V_11 and 1 / V_22 to the inverse of V.
      this.#inverse[0] = 1 / (second * left);
      this.#inverse[1] = 1 / (first * left);
      this.#cross = -shared / left;
      determinant = left;
    }
    for (let k = 0; k < reports.length; k++) {
      this.#pulled[k] = this.#inverse[k] * this.#error[k];
      this.#loaded[k] = this.#inverse[k] * this.#loading[k];
    }
    if (this.#cross !== 0) {
      this.#pulled[0] += this.#cross * this.#error[1];
      this.#pulled[1] += this.#cross * this.#error[0];
      this.#loaded[0] += this.#cross * this.#loading[1];
      this.#loaded[1] += this.#cross * this.#loading[0];
    }
    return determinant;
  }

  /** Standard deviation of a reporting model's latent reports given z. */
  #ownSd(k: number, at: Float64Array): number {
    const rho = at[this.places.rho + k];
    return at[this.places.tauR + k] * Math.sqrt(1 - rho * rho);
  }

  /** Adds the adjoints of the parameters to `gradient`, those of `forward`'s value included. */
  backward(context: number, at: Float64Array, gradient: Float64Array): void {
    const { reports, attributes, places } = this;
    for (let j = 0; j < attributes; j++) {
      const cell = context * attributes + j;
      this.#solve(cell, at);
      const mean = this.mean[j];
      const pullSlope = this.meanGradient[j] / this.precision[j] + mean;
      const precisionSlope =
        this.precisionGradient[j] -
        (this.meanGradient[j] * mean + 0.5) / this.precision[j] -
        0.5 * mean * mean;
      for (let k = 0; k < reports.length; k++) {
        if (Number.isNaN(reports[k].means[cell])) continue;
        const pulled = this.#pulled[k];
        const loaded = this.#loaded[k];
        const rho = at[places.rho + k];
        const tau = at[places.tauR + k];
        const loadingSlope = pullSlope * pulled + 2 * precisionSlope * loaded;
        const varianceSlope =
          (0.5 * pulled - pullSlope * loaded) * pulled -
          precisionSlope * loaded * loaded -
          0.5 * this.#inverse[k];
        gradient[places.muR + k] -= pullSlope * loaded - pulled;
        gradient[places.tauR + k] += 2 * tau * (1 - rho * rho) * varianceSlope + rho * loadingSlope;
        gradient[places.rho + k] += -2 * rho * tau * tau * varianceSlope + tau * loadingSlope;
      }
      this.#addShared(cell, at, pullSlope, precisionSlope, gradient);
    }
  }

  /** The adjoints through V_12, which stands twice in V. */
  #addShared(
    cell: number,
    at: Float64Array,
    pullSlope: number,
    precisionSlope: number,
    gradient: Float64Array,
  ): void {
    const { reports, places } = this;
    const { corR } = places;
    if (corR === null || reports.some(({ means }) => Number.isNaN(means[cell]))) return;
    const [g1, g2] = this.#pulled;
    const [h1, h2] = this.#loaded;
    const slope =
      g1 * g2 - pullSlope * (h1 * g2 + h2 * g1) - 2 * precisionSlope * h1 * h2 - this.#cross;
    const sds = [this.#ownSd(0, at), this.#ownSd(1, at)];
    gradient[corR] += slope * sds[0] * sds[1];
    for (let k = 0; k < 2; k++) {
      const sdSlope = slope * at[corR] * sds[1 - k];
      const rho = at[places.rho + k];
      const share = Math.sqrt(1 - rho * rho);
      gradient[places.tauR + k] += sdSlope * share;
      gradient[places.rho + k] -= (sdSlope * at[places.tauR + k] * rho) / share;
    }
  }
}
