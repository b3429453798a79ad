/** The command by npm from the checkout, which builds everything first: not while others load what is built. */
import { expect, it } from 'vitest';
import { run } from './support.js';

it('works from the checkout by npm', async () => {
  const args = ['run', '--silent', 'weighbridge', '--', 'reproduce', '--help'];
  const { code, stdout } = await run('npm', args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: weighbridge reproduce/);
});
