/** docs/scale.md: its table is what the simulation prints. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { checkout } from '../e2e/support.js';

const page = readFileSync(join(checkout, 'docs/scale.md'), 'utf8');

test('the table is what the simulation prints, and no simulated rate is above that of the model', async () => {
  const script = join(checkout, 'bench/queue-simulation.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(5);
  expect(page).toContain(stdout.trimEnd());
  for (const line of lines) {
    const cells = line.split('|').map((cell) => Number(cell.trim().replaceAll(',', '')));
    const [modelled = Number.NaN, simulated = Number.NaN] = cells.slice(6, 8);
    // Both have three digits.
    expect(simulated).toBeLessThanOrEqual(1.01 * modelled);
    expect(simulated).toBeGreaterThan(0.7 * modelled);
  }
});
