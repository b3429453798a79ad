/**
 * The script of a web worker: it samples the chains that it is sent, one at a time. This file is
 * the entry `weighbridge/worker`.
 */
import { WeighbridgeError } from '../errors.js';
import { chainOfFit } from '../regression/chains.js';
import type { FromWorker, ToWorker } from './protocol.js';

/** The global scope of a worker, of which a page's type declarations know nothing. */
const scope = globalThis as unknown as {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
  postMessage(message: FromWorker): void;
};

/** A bar on a page moves no more often. */
const MILLISECONDS_BETWEEN_REPORTS = 50;

scope.onmessage = ({ data }) => scope.postMessage(sampled(data));
scope.postMessage({ kind: 'ready' });

function sampled(job: ToWorker): FromWorker {
  try {
    const steps = chainOfFit(job);
    let reported = 0;
    for (;;) {
      const step = steps.next();
      if (step.done) return { kind: 'done', finished: step.value };
      if (Date.now() - reported < MILLISECONDS_BETWEEN_REPORTS) continue;
      reported = Date.now();
      scope.postMessage({ kind: 'progress', progress: step.value });
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof WeighbridgeError ? error.code : null;
    return { kind: 'failed', code, message };
  }
}
