/**
 * A model from a log density written with TensorFlow.js operations; the gradient comes from
 * automatic differentiation. This is the quickest way to a new model, and a check on gradients
 * written by hand. It is slow: every evaluation allocates and frees tensors, which takes tens to
 * hundreds of times as long as an analytic gradient over a few rows. It is also imprecise:
 * TensorFlow.js computes in float32, about 7 digits. Log densities above 10^5 in absolute value
 * carry noise of 0.01 or more, which lowers the acceptance rate.
 *
 * TensorFlow.js is not a dependency of weighbridge: install `@tensorflow/tfjs-node` or
 * `@tensorflow/tfjs`, or pass an imported module as `tf`.
 */
import { WeighbridgeError } from '../errors.js';
import type { Model } from '../sampler/model.js';

/**
 * The module `@tensorflow/tfjs`, or one with the same operations, such as
 * `@tensorflow/tfjs-node`.
 */
export type Tfjs = typeof import('@tensorflow/tfjs');

export interface TfjsModelOptions {
  /** Number of unconstrained parameters: the length of `position`. */
  readonly dimension: number;
  /** Names of the reported parameters, in the order in which `constrain` writes them. */
  readonly parameterNames: readonly string[];
  /**
   * Returns the log density at a position (a tensor of rank 1), up to a constant, as a scalar
   * tensor. It must include the log Jacobian of every transform. For speed, create data tensors
   * once, outside this function. Tensors created inside are freed after each call.
   */
  logDensity(tf: Tfjs, position: ReturnType<Tfjs['tensor1d']>): ReturnType<Tfjs['scalar']>;
  /** See `Model.constrain`. */
  readonly constrain?: Model['constrain'];
  /**
   * The TensorFlow.js module.
   * @default the installed package, imported on first use
   */
  readonly tf?: Tfjs;
}

/**
 * @throws WeighbridgeError `missing-package` if no `tf` is given and none is installed.
 * @example
 * const model = await tfjsModel({
 *   dimension: 2,
 *   parameterNames: ['a', 'b'],
 *   logDensity: (tf, position) => tf.mul(-0.5, tf.sum(tf.square(position))),
 * });
 */
export async function tfjsModel(options: TfjsModelOptions): Promise<Model> {
  const { dimension, parameterNames, constrain } = options;
  const tf = options.tf ?? (await installedTfjs());
  await tf.ready();
  const single = new Float32Array(dimension);
  const differentiated = tf.valueAndGrad((position) =>
    options.logDensity(tf, position.as1D()).asScalar(),
  );

  return {
    dimension,
    parameterNames,
    logDensity(position, gradient) {
      single.set(position);
      return tf.tidy(() => {
        const { value, grad } = differentiated(tf.tensor1d(single));
        gradient.set(grad.dataSync());
        return value.dataSync()[0] ?? Number.NaN;
      });
    },
    ...(constrain && { constrain }),
  };
}

/** Typed as `string`, so that the compiler does not resolve an optional package. */
const NATIVE: string = '@tensorflow/tfjs-node';

/** Imports the native package if it is installed and loads, otherwise the plain one. */
async function installedTfjs(): Promise<Tfjs> {
  try {
    return operationsOf(await import(NATIVE));
  } catch {
    try {
      return operationsOf(await import('@tensorflow/tfjs'));
    } catch (cause) {
      throw new WeighbridgeError(
        'missing-package',
        'tfjsModel needs TensorFlow.js: npm install @tensorflow/tfjs-node (or, where that does not build, @tensorflow/tfjs)',
        { cause },
      );
    }
  }
}

/** A CommonJS package imported as an ES module may expose its operations only as `default`. */
function operationsOf(imported: Tfjs | { default: Tfjs }): Tfjs {
  return 'valueAndGrad' in imported ? imported : imported.default;
}
