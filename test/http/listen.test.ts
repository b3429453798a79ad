/** Which hosts are this machine. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLoopbackHost } from '../../src/http/listen.js';

test.each([
  '127.0.0.1',
  '127.0.0.1:80',
  '127.0.1.1',
  'localhost',
  'LOCALHOST:1',
  '[::1]',
  '[::1]:9',
])('%s is', (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

test.each([
  undefined,
  '',
  '0.0.0.0',
  '127.0.0.1.evil.example',
  '127.evil.example',
  'localhost.evil.example:80',
  'evil.example:127.0.0.1',
  'evil@localhost:80:80',
  '[::2]',
  '::1',
  '1127.0.0.1',
])('%s is not', (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});

test('no other name or address is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.string()), (host) => {
      fc.pre(!/^(localhost|127(\.\d+){3})(:\d{1,5})?$/i.test(host));
      expect(isLoopbackHost(host)).toBe(false);
    }),
    { seed: 1 },
  );
});
