/**
 * A model from a log density written with TensorFlow.js operations: the gradient comes by
 * automatic differentiation. It is the quickest way to a new model, and a check on gradients
 * written by hand. It is neither fast nor fine: every evaluation builds and frees tensors, which
 * is tens to hundreds of times slower than an analytic gradient over the same few rows; and
 * TensorFlow.js computes in float32, about 7 digits, so that log densities above some 10^5 in
 * size carry noise of a percent of a unit and more, which sampling feels as lost acceptance.
 *
 * TensorFlow.js is not a dependency of weighbridge: install `@tensorflow/tfjs-node` or
 * `@tensorflow/tfjs` beside it, or pass the module that is at hand as `tf`.
 */
import { WeighbridgeError } from '../errors.js';
import type { Model } from '../sampler/model.js';

/** The module `@tensorflow/tfjs`, or one of the same operations, such as `@tensorflow/tfjs-node`. */
export type Tfjs = typeof import('@tensorflow/tfjs');

export interface TfjsModelOptions {
  /** Number of unconstrained parameters: the length of `position`. */
  readonly dimension: number;
  /** Names of the reported parameters, in the order in which `constrain` writes them. */
  readonly parameterNames: readonly string[];
  /**
   * The log density, up to a constant, of a position (a tensor of rank 1), as a scalar tensor,
   * including the log Jacobian of every transform. Data that it uses are best made tensors once,
   * outside. The tensors it makes are freed after each call.
   */
  logDensity(tf: Tfjs, position: ReturnType<Tfjs['tensor1d']>): ReturnType<Tfjs['scalar']>;
  /** As in `Model`. */
  readonly constrain?: Model['constrain'];
  /** TensorFlow.js itself; where absent, the installed package is imported. */
  readonly tf?: Tfjs;
}

/**
 * @throws WeighbridgeError `missing-package` where no `tf` is given and none is installed.
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

/** Typed as text, so that the compiler does not look for a package that may not be there. */
const NATIVE: string = '@tensorflow/tfjs-node';

/** The native package where it is installed and loads, else the plain one. */
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

/** A CommonJS package imported as an ES module may hold its operations in `default` alone. */
function operationsOf(imported: Tfjs | { default: Tfjs }): Tfjs {
  return 'valueAndGrad' in imported ? imported : imported.default;
}
