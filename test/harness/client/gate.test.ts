/** Places for requests in flight: never more than there are, and in the order of arrival. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../../src/harness/unordered.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  it('holds at most so many, loses no place, and lets in who came first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.constantFrom('come', 'leave', 'call off'), { maxLength: 60 }),
        async (places, events) => {
          const gate = new Semaphore(places);
          const waiting: { readonly number: number; readonly controller: AbortController }[] = [];
          const inside: number[] = [];
          const entered: number[] = [];
          for (const [number, event] of events.entries()) {
            if (event === 'come') {
              const controller = new AbortController();
              waiting.push({ number, controller });
              gate.enter(controller.signal).then(
                () => {
                  entered.push(number);
                  inside.push(number);
                  waiting.splice(
                    waiting.findIndex((one) => one.number === number),
                    1,
                  );
                },
                () => {},
              );
            } else if (event === 'leave' && inside.shift() !== undefined) {
              gate.leave();
            } else if (event === 'call off') {
              waiting.pop()?.controller.abort();
            }
            await settle();
            expect(inside.length).toBeLessThanOrEqual(places);
            // Nobody waits while a place is free.
            expect(waiting.length === 0 || inside.length === places).toBe(true);
          }
          expect(entered).toEqual([...entered].sort((a, b) => a - b));
        },
      ),
      { seed: 301 },
    );
  });

  it('tells whoever is called off why', async () => {
    const gate = new Semaphore(1);
    await gate.enter();
    const reason = new Error('enough');
    await expect(gate.enter(AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const second = gate.enter(controller.signal);
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
  });
});
