/**
 * Elementary functions of many numbers, in place, by the compiled kernel (elementary.as), or in
 * JavaScript where it is not available. Both differ by a few units in the last place.
 */
import { elementaryModule } from './elementary-module.js';
import { DOUBLE, instantiated, type KernelMemory, reserve } from './web-assembly.js';

interface ElementaryExports extends KernelMemory {
  exp(count: number): void;
  logistic(count: number): void;
  logLogistic(count: number): void;
}

const kernel = instantiated<ElementaryExports>(elementaryModule);
let view = kernel ? new Float64Array(kernel.memory.buffer) : new Float64Array(0);

function inKernel(values: Float64Array, name: 'exp' | 'logistic' | 'logLogistic'): boolean {
  if (!kernel) return false;
  const start = kernel.free.value / DOUBLE;
  const count = values.length + (values.length % 2);
  reserve(kernel, start + count);
  if (view.buffer !== kernel.memory.buffer) view = new Float64Array(kernel.memory.buffer);
  view.set(values, start);
  kernel[name](count);
  values.set(view.subarray(start, start + values.length));
  return true;
}

/** e^x */
export function writeExp(values: Float64Array): void {
  if (inKernel(values, 'exp')) return;
  for (let i = 0; i < values.length; i++) values[i] = Math.exp(values[i]);
}

/** 1/(1 + e^−x) */
export function writeLogistic(values: Float64Array): void {
  if (inKernel(values, 'logistic')) return;
  for (let i = 0; i < values.length; i++) {
    const e = Math.exp(-Math.abs(values[i]));
    values[i] = (values[i] > 0 ? 1 : e) / (1 + e);
  }
}

/** log 1/(1 + e^−x) */
export function writeLogLogistic(values: Float64Array): void {
  if (inKernel(values, 'logLogistic')) return;
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(values[i], 0) - Math.log1p(Math.exp(-Math.abs(values[i])));
  }
}
