/**
 * The logarithm of a standard deviation of group effects from an unconstrained u. Data can tell a
 * standard deviation from zero only down to a resolution e^c; below it the likelihood is flat, and the
 * density of log sd falls no faster than sd itself: an exponential tail, on which trajectories turn
 * late and the normal approximation is bad. With
 *
 *     log sd = w(u) = u − ½ r²,    r = log(1 + e^(c − u)),
 *
 * u is log sd where the data speak, and the tail below is e^w ≈ exp(−½ (u − c)²), a normal's. As for
 * derivatives, with p = 1 / (1 + e^(u − c)): w′ = 1 + r p, w″ = −p² − r p (1 − p).
 */
export interface SdMap {
  /** w(u); sets the others for this u. */
  read(u: number): number;
  /** w′. */
  slope(): number;
  /** d/du of log w′. */
  logSlopeDerivative(): number;
}

/** @param c log of the resolution; −Infinity for w(u) = u */
export function sdMap(c: number): SdMap {
  let slope = 1;
  let logSlopeDerivative = 0;
  return {
    read(u) {
      const r = softplus(c - u);
      const p = 1 / (1 + Math.exp(u - c));
      slope = 1 + r * p;
      logSlopeDerivative = (-p * p - r * p * (1 - p)) / slope;
      return u - 0.5 * r * r;
    },
    slope: () => slope,
    logSlopeDerivative: () => logSlopeDerivative,
  };
}

/** u of log sd = w(u), by Newton's method: w is increasing and concave. */
export function inverseSdMap(c: number, logSd: number): number {
  const map = sdMap(c);
  let u = logSd;
  for (let round = 0; round < 50; round++) {
    const step = (logSd - map.read(u)) / map.slope();
    u += step;
    if (Math.abs(step) < 1e-12 * (1 + Math.abs(u))) break;
  }
  return u;
}

/**
 * c of a coefficient whose levels have the informations h_j. Near zero the log likelihood of sd² has
 * the curvature ½ Σ h_j², so that sd² is known to (½ Σ h_j²)^(−1/2).
 */
export function resolution(informations: readonly number[]): number {
  const squares = informations.reduce((sum, h) => sum + h * h, 0);
  return squares > 0 ? -0.25 * Math.log(0.5 * squares) : Number.NEGATIVE_INFINITY;
}

/** log(1 + e^x) without overflow. */
function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}
