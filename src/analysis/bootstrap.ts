/** Weights of the Bayesian bootstrap (Rubin 1981). */
import { quickStream } from '../random/quick-stream.js';

/**
 * Exponential variables by name, one a draw: divided by their sum, they are uniform on the simplex. The
 * same name has the same weights wherever it occurs, so that differences are paired.
 */
export class BootstrapWeights {
  private readonly known = new Map<string, Float64Array>();

  constructor(
    private readonly seed: number | string,
    readonly draws: number,
  ) {}

  of(kind: string, name: string): Float64Array {
    const key = `${kind}\n${name}`;
    let weights = this.known.get(key);
    if (!weights) {
      weights = this.fresh(kind, name);
      this.known.set(key, weights);
    }
    return weights;
  }

  /** The same weights, not kept: for names that occur once. */
  fresh(kind: string, name: string): Float64Array {
    const { uniform } = quickStream(this.seed, 'bootstrap', `${kind}\n${name}`);
    return Float64Array.from({ length: this.draws }, () => -Math.log(1 - uniform()));
  }
}
