/**
 * Positive outcomes without memory, such as times between events.
 *
 *     y ~ exponential(1/μ),   g(μ) = η;   links: log, identity, inverse
 *
 *     log p = −log μ − y/μ
 */
import { byRows, type RowDensity } from './by-rows.js';
import { meanByScore, type RowTails, setBelowAll, setLower } from './tails.js';

function density(): RowDensity {
  return {
    prepare() {},
    logDensity(y, _trials, mu, _rest, slopes) {
      const ratio = y / mu;
      if (slopes) slopes[0] = (ratio - 1) / mu;
      return -Math.log(mu) - ratio;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      target[0] = (1 - (2 * y) / mu) / (mu * mu);
    },
    constant: () => 0,
  };
}

/** log S = −y/μ. */
function tails(): RowTails {
  return {
    prepare() {},
    write(y, _trials, mu, _rest, target) {
      if (!(y > 0)) {
        setBelowAll(target);
        return;
      }
      target.upper = -y / mu;
      target.upperSlopes[0] = y / (mu * mu);
      setLower(target);
    },
    truncatedMean: (mu, _rest, _trials, within) => meanByScore(mu, mu * mu, within),
  };
}

export const exponential = byRows({
  density,
  tails,
  simulateAt: (mu, _aux, _trials, random) => -mu * Math.log1p(-random.uniform()),
  // As brms, zero included: a time may be too short for the clock.
  expected: (outcome) =>
    outcome >= 0 && outcome < Number.POSITIVE_INFINITY ? null : 'a finite number of at least 0',
});
