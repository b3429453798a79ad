/**
 * The script of a web worker: it samples the chains that it is sent, one at a time. This file is
 * the entry `weighbridge/worker`.
 */
import { type FromWorker, performChain, type ToWorker } from './protocol.js';

/** The global scope of a worker; the type declarations of a page do not have it. */
const scope = globalThis as unknown as {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
  postMessage(message: FromWorker): void;
};

scope.onmessage = ({ data }) =>
  scope.postMessage(
    performChain(data, (progress) => scope.postMessage({ kind: 'progress', progress })),
  );
scope.postMessage({ kind: 'ready' });
