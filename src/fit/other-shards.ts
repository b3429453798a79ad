/** Work that goes on past fits of other shards, as far as it does not need them. */
import { isWeighbridgeError, type WeighbridgeError } from '../errors.js';

/**
 * A runner throws `other-shard` for a call with fits that other shards of a command make. Calls that do not need one
 * another's results all run before the error is passed on.
 */
export class OtherShards {
  #left: WeighbridgeError | null = null;

  /** @returns null if fits of other shards are missing */
  async goOn<Result>(work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      if (!isWeighbridgeError(error, 'other-shard')) throw error;
      this.#left = error;
      return null;
    }
  }

  /** @throws WeighbridgeError `other-shard` if fits were missing */
  end(): void {
    if (this.#left !== null) throw this.#left;
  }
}
