/** Which failures are worth another attempt. */
import { describe, expect, it } from 'vitest';
import { isRetryable } from '../../../src/harness/client/attempts.js';

describe('a failure', () => {
  it.each([
    ['unreached', true],
    ['broken', true],
    ['timeout', true],
    ['malformed', true],
    ['limited', true],
    ['faulty', true],
    ['no-credit', false],
    ['denied', false],
    ['not-found', false],
    ['rejected', false],
  ] as const)('%s is worth another attempt: %s', (kind, expected) => {
    expect(isRetryable(kind)).toBe(expected);
  });
});
