/** `weighbridge simulate`: the server in a process of its own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { Command } from 'commander';
import OpenAI from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import { addSimulate } from '../../../src/cli/simulate.js';
import { cli, errorLines, plainEnvironment, weighbridge } from '../../e2e/support.js';

type Simulator = ChildProcessByStdio<null, Readable, Readable>;

let running: Simulator | undefined;
afterEach(() => {
  running?.kill('SIGKILL');
});

/** The process, and the one line that it prints. */
async function simulate(args: readonly string[], environment = {}) {
  const child: Simulator = spawn(process.execPath, [cli, 'simulate', ...args], {
    env: plainEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  const [line] = await once(child.stdout, 'data');
  return { child, line: String(line) };
}

describe('weighbridge simulate', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'prints its URL when it listens, and ends cleanly on %s',
    async (signal) => {
      const { child, line } = await simulate(['--port', '0', '--model', 'my-model']);
      expect(line).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\n$/);
      const api = new OpenAI({ baseURL: line.trim(), apiKey: 'none' });
      const names = (await api.models.list()).data.map(({ id }) => id);
      expect(names).toContain('my-model');
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    },
  );

  test('takes the key that clients must show from the environment', async () => {
    const { line } = await simulate(['--key-from', 'MY_KEY'], { MY_KEY: 'sk-of-this-test' });
    const list = (apiKey: string) =>
      new OpenAI({ baseURL: line.trim(), apiKey, maxRetries: 0 }).models.list();
    await expect(list('sk-other')).rejects.toThrow(OpenAI.AuthenticationError);
    await expect(list('sk-of-this-test')).resolves.toMatchObject({ object: 'list' });
  });

  test('makes trouble on request', async () => {
    const { line } = await simulate(['--fault', '500=1', '--seed', '3']);
    const api = new OpenAI({ baseURL: line.trim(), apiKey: 'none', maxRetries: 0 });
    await expect(api.models.list()).rejects.toThrow(OpenAI.InternalServerError);
  });

  test('behaves like a reasoning model, a content filter and a server without jobs', async () => {
    const knobs = ['--knob', 'of:a:colon:hint_following=1', '--knob', 'of:a:colon:invalid=0'];
    const flags = [
      ...knobs,
      '--reasoning-model',
      'thinker',
      '--filter-word',
      'poison',
      '--no-fine-tuning',
    ];
    const { line } = await simulate(flags);
    const api = new OpenAI({ baseURL: line.trim(), apiKey: 'none', maxRetries: 0 });
    const ask = (content: string, more: object) =>
      api.chat.completions.create({
        model: 'thinker',
        messages: [{ role: 'user', content }],
        ...more,
      });
    await expect(ask('Hello', { temperature: 0 })).rejects.toThrow(/Only the default \(1\) value/);
    await expect(ask('poison', {})).rejects.toMatchObject({ code: 'content_filter' });
    await expect(api.fineTuning.jobs.list()).rejects.toThrow(OpenAI.NotFoundError);
    const question = 'Which is it?\nI think (B).\nA. One\nB. Two\nC. Three';
    const { choices } = await ask(question, { model: 'of:a:colon' });
    expect(choices[0]?.message.content).toBe('B');
    const { usage } = await ask('Hello', { reasoning_effort: 'low' });
    expect(usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
  });

  test.each([
    [['--fault', 'teapot=0.1'], /there is no fault named teapot: expected one of 429, /],
    [['--fault', '429'], /expected KIND=SHARE/],
    [['--fault', '429=2'], /expected a share from 0 to 1/],
    [['--faults', 'many'], /expected a share from 0 to 1/],
    [['--faults', '0.9', '--fault', 'drip=0.5'], /add up to 1\.4/],
    [['--knob', 'insight=0.5'], /expected MODEL:NAME=VALUE/],
    [['--knob', 'm:insigt=0.5'], /m has no knob 'insigt'.*insight/],
    [['--knob', 'm:insight=1.5'], /m: insight is 1\.5, expected 0 to 1/],
    [['--port', '70000'], /expected a whole number of at most 65535/],
    [['--job-seconds', 'soon'], /expected a number of seconds/],
    [['--key-from', 'NO_SUCH_VARIABLE'], /--key-from NO_SUCH_VARIABLE: that variable is not set/],
    [['--contexts', 'no-such-file.json'], /no-such-file\.json/],
    [['--host', '203.0.113.1'], /cannot listen on 203\.0\.113\.1/],
  ])('refuses %j in one line, before it listens', async (args, message) => {
    await expect(parse(args)).rejects.toThrow(message);
  });

  test('ends with exit code 2 and one line where it cannot start', async () => {
    const outcome = await weighbridge(['simulate', '--fault', 'teapot=0.1']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(errorLines(outcome)).toHaveLength(1);
  });
});

/** The command in this process, without its output. */
async function parse(args: readonly string[]): Promise<void> {
  const program = new Command().exitOverride();
  addSimulate(program);
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  await program.parseAsync(['node', 'weighbridge', 'simulate', ...args]);
}
