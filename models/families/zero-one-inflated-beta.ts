/**
 * Shares from 0 to 1, both included: with probability zoi an outcome is at an end, and then 1 with
 * probability coi; otherwise it is a beta share of mean μ and precision φ (beta.ts).
 *
 *     P(0) = zoi (1 − coi),   P(1) = zoi coi,   p(y) = (1 − zoi) beta(y | μ φ, (1 − μ) φ) between them;
 *     links: logit, probit, cloglog, cauchit, log
 *
 * E(y) = zoi coi + (1 − zoi) μ. Default priors: zoi, coi ~ beta(1, 1), φ ~ gamma(0.01, 0.01).
 */
import { betaRow, drawShare } from './beta.js';
import { byRows, type RowDensity } from './by-rows.js';

/** Places of the derivatives by (μ, φ, zoi, coi). */
const ZOI = 2;
const COI = 3;
const WIDTH = 4;

function density(): RowDensity {
  const inside = betaRow();
  const slopes = new Float64Array(2);
  const second = new Float64Array(4);
  let zoi = Number.NaN;
  let coi = Number.NaN;
  return {
    prepare(aux) {
      inside.prepare(aux);
      zoi = aux[1];
      coi = aux[2];
    },
    logDensity(y, trials, mu, rest, target) {
      target?.fill(0);
      if (y > 0 && y < 1) {
        const value = inside.logDensity(y, trials, mu, rest, target && slopes);
        target?.set(slopes);
        if (target) target[ZOI] = -1 / (1 - zoi);
        return value + Math.log1p(-zoi);
      }
      if (target) {
        target[ZOI] = 1 / zoi;
        target[COI] = y === 1 ? 1 / coi : -1 / (1 - coi);
      }
      return Math.log(zoi) + (y === 1 ? Math.log(coi) : Math.log1p(-coi));
    },
    secondDerivatives(y, trials, mu, rest, target) {
      target.fill(0);
      if (y > 0 && y < 1) {
        inside.secondDerivatives(y, trials, mu, rest, second);
        for (let a = 0; a < 2; a++) {
          for (let b = 0; b < 2; b++) target[a * WIDTH + b] = second[2 * a + b];
        }
        target[ZOI * (WIDTH + 1)] = -1 / (1 - zoi) ** 2;
        return;
      }
      target[ZOI * (WIDTH + 1)] = -1 / (zoi * zoi);
      target[COI * (WIDTH + 1)] = -1 / (y === 1 ? coi : 1 - coi) ** 2;
    },
    constant: () => 0,
  };
}

export const zeroOneInflatedBeta = byRows({
  density,
  means:
    ([, zoi, coi]) =>
    (locations) => {
      for (let s = 0; s < locations.length; s++) {
        locations[s] = zoi[s] * coi[s] + (1 - zoi[s]) * locations[s];
      }
    },
  simulateAt(mu, [phi, zoi, coi], _trials, random) {
    if (random.uniform() < zoi) return random.uniform() < coi ? 1 : 0;
    return drawShare(mu, phi, random);
  },
  expected: (outcome) => (outcome >= 0 && outcome <= 1 ? null : 'a number from 0 to 1'),
});
