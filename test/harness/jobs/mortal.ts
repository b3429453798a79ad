/**
 * A process that dies: from a chosen moment on, nothing it does reaches the server, the disk or the
 * clock any more. Moments are counted before and after each call to the server (so that a response
 * is lost), before and after each write to the journal, and before each sleep.
 */
import type OpenAI from 'openai';
import type { Clock } from '../../../src/harness/client/clock.js';
import type { ApiCall } from '../../../src/harness/client/server-api.js';
import { checkedApi } from '../../../src/harness/client/server-api.js';
import type { Journal } from '../../../src/harness/journal.js';

export class Killed extends Error {}

export interface Mortal {
  readonly call: ApiCall;
  readonly journal: Journal;
  readonly clock: Clock;
  /** A moment of the caller's own. */
  moment(): void;
  /** True when it came to its end before it was killed. */
  alive(): boolean;
}

/** @param last the moment at which it dies, counted from 1; Infinity never */
export function mortal(call: ApiCall, journal: Journal, clock: Clock, last: number): Mortal {
  let moments = 0;
  const moment = () => {
    if (++moments >= last) throw new Killed(`killed at moment ${last}`);
  };
  const write = (action: () => void) => {
    moment();
    action();
    moment();
  };
  return {
    moment,
    alive: () => moments < last,
    call: async (what, work, signal) => {
      moment();
      const result = await call(what, work, signal);
      moment();
      return result;
    },
    journal: {
      get: (key) => journal.get(key),
      put: (key, value) => write(() => journal.put(key, value)),
      delete: (key) => write(() => journal.delete(key)),
    },
    clock: {
      now: () => clock.now(),
      sleep: async (ms, signal) => {
        moment();
        await clock.sleep(ms, signal);
      },
    },
  };
}

/** Calls that go straight through, once. */
export function plainCall(api: OpenAI): ApiCall {
  return (_, call, signal) => call(checkedApi(api), { signal });
}

/** A client that tries each call again that failed. */
export function retryingCall(api: OpenAI, attempts = 3): ApiCall {
  return async (_, call, signal) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call(checkedApi(api), { signal });
      } catch (error) {
        if (attempt === attempts) throw error;
      }
    }
  };
}
