/** Every example in the README runs as it stands there, against the built package. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const run = promisify(execFile);

describe('the README', () => {
  const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);

  test('has examples', () => {
    expect(examples.length).toBeGreaterThanOrEqual(4);
  });

  test.each(examples.map((code, i) => [i + 1, code]))('example %i runs', async (_, code) => {
    const { stdout } = await run('node', ['--input-type=module', '--eval', String(code)], {
      cwd: root,
    });
    // Those that print tell of draws, and of nothing that went wrong.
    expect(stdout).not.toMatch(/NaN|undefined/);
  });

  test('the first example is a fit without warnings, as it says', async () => {
    const { stdout } = await run('node', ['--input-type=module', '--eval', examples[0] ?? ''], {
      cwd: root,
    });
    const lines = stdout.trim().split('\n');
    expect(lines.some((line) => line.startsWith('b_Intercept'))).toBe(true);
    expect(lines.some((line) => line.startsWith('b_hours'))).toBe(true);
    expect(lines.at(-1)).toBe('[]');
  });

  test('names every option of the command', async () => {
    const { stdout } = await run('node', ['dist/src/cli/main.js', 'reproduce', '--help'], {
      cwd: root,
    });
    for (const [option] of stdout.matchAll(/--[a-z-]+/g)) {
      if (option !== '--help') expect(readme).toContain(option);
    }
  });
});
