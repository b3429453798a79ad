/**
 * Random variates by stdlib from our streams. Each stream keeps one generator, because making one
 * costs more than a variate.
 */
import binomial from '@stdlib/random-base-binomial';
import gamma from '@stdlib/random-base-gamma';
import poisson from '@stdlib/random-base-poisson';
import type { RandomStream } from '../../src/random/stream.js';

interface Generators {
  readonly gamma: (shape: number, rate: number) => number;
  readonly poisson: (mean: number) => number;
  readonly binomial: (trials: number, probability: number) => number;
}

const generators = new WeakMap<RandomStream, Generators>();

function generatorsOf(random: RandomStream): Generators {
  const known = generators.get(random);
  if (known) return known;
  const options = { prng: () => random.uniform() };
  const made = {
    gamma: gamma.factory(options),
    poisson: poisson.factory(options),
    binomial: binomial.factory(options),
  };
  generators.set(random, made);
  return made;
}

/** A gamma variate of shape > 0 and rate 1. */
export function gammaVariate(shape: number, random: RandomStream): number {
  // Below 1 by a power of a uniform (Marsaglia & Tsang 2000, §6): small shapes keep their digits.
  if (shape < 1) {
    return gammaVariate(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  }
  return generatorsOf(random).gamma(shape, 1);
}

/** Beyond this, Poisson counts are drawn from a normal. */
const LARGE_COUNT = 1e12;

/** From this mean on, counts are drawn by rejection. */
const REJECTION = 30;

/** A Poisson variate; NaN for a negative mean, infinite for an infinite one. */
export function poissonVariate(mean: number, random: RandomStream): number {
  if (mean === 0 || mean === Number.POSITIVE_INFINITY) return mean;
  if (!(mean > 0)) return Number.NaN;
  if (mean > LARGE_COUNT) return Math.round(mean + Math.sqrt(mean) * random.normal());
  return mean < REJECTION ? smallCount(mean, random) : generatorsOf(random).poisson(mean);
}

/** The number of uniforms whose product stays above e^−mean (Knuth 1998, §3.4.1), as in stdlib. */
function smallCount(mean: number, random: RandomStream): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  return count;
}

/** A binomial variate of whole trials ≥ 0; NaN for a probability outside [0, 1]. */
export function binomialVariate(trials: number, probability: number, random: RandomStream): number {
  if (!(probability >= 0 && probability <= 1)) return Number.NaN;
  if (trials === 0 || probability === 0) return 0;
  if (probability === 1) return trials;
  if (trials === 1) return random.uniform() < probability ? 1 : 0;
  return generatorsOf(random).binomial(trials, probability);
}

/** Logarithm of a gamma variate of rate 1; at shapes near zero the variate itself may underflow. */
export function logGammaVariate(shape: number, random: RandomStream): number {
  // G(a) = G(a + 1) U^(1/a) (Marsaglia & Tsang 2000, section 6).
  return shape >= 1
    ? Math.log(gammaVariate(shape, random))
    : Math.log(gammaVariate(shape + 1, random)) + Math.log1p(-random.uniform()) / shape;
}

/** A beta variate, from two gamma variates. */
export function betaVariate(alpha: number, beta: number, random: RandomStream): number {
  const first = logGammaVariate(alpha, random);
  return 1 / (1 + Math.exp(logGammaVariate(beta, random) - first));
}
