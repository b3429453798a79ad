/** docs/todays-models.md: its study on a server that reasons, and what the page says of it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inProcess } from '../e2e/in-process.js';
import { checkout } from '../e2e/support.js';
import { completion, sendJson, smallServer } from '../harness/client/support.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const page = await readFile(join(checkout, 'docs/todays-models.md'), 'utf8');
const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
const learned = /^gpt-5-mini is asked .*$/m.exec(page)?.[0] ?? 'not on the page';

/** Refuses what a reasoning model refuses; the second question takes more thought than there is room. */
async function reasoningServer() {
  const refuse = (param: string, code: string) => ({
    error: { message: 'its words', type: 'invalid_request_error', param, code },
  });
  const server = await smallServer((response, { body }) => {
    const asked: Record<string, unknown> = JSON.parse(body);
    if ('max_tokens' in asked)
      return sendJson(response, refuse('max_tokens', 'unsupported_parameter'), 400);
    if ('temperature' in asked)
      return sendJson(response, refuse('temperature', 'unsupported_value'), 400);
    const most = Number(asked.max_completion_tokens);
    const thought = body.includes('porridge') ? most : 320;
    const content = thought === most ? '' : 'B';
    sendJson(response, {
      ...completion(content),
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content },
          finish_reason: content ? 'stop' : 'length',
        },
      ],
      usage: {
        ...{ prompt_tokens: 40, completion_tokens: content ? thought + 1 : most },
        completion_tokens_details: { reasoning_tokens: thought },
      },
    });
  });
  onTestFinished(() => server.close());
  return server;
}

async function studyOf(change: (text: string) => string) {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  const server = await reasoningServer();
  const study = join(folder, 'breakfast');
  await mkdir(study);
  await writeFile(
    join(study, 'items.csv'),
    'id,a,b\n1,toast,eggs\n2,porridge,fruit\n3,rice,soup\n',
  );
  const local = yaml.replace(/base_url: \S+/, `base_url: ${server.baseURL}\n  key_variable: null`);
  await writeFile(join(study, 'study.yaml'), change(local));
  return { study, folder, server };
}

test('the study of the page is asked with room for reasoning, which is recorded', async () => {
  const { study, folder, server } = await studyOf((text) => text);
  const run = await inProcess(['study', 'run', study]);
  expect(run).toMatchObject({ code: 0 });
  expect(server.asked.at(-1)).toMatchObject({
    reasoning_effort: 'low',
    max_completion_tokens: expect.any(Number),
  });
  expect(server.asked.at(-1)).not.toHaveProperty('temperature');
  const table = join(folder, 'answers.jsonl');
  expect(await inProcess(['study', 'export', study, table])).toMatchObject({ code: 0 });
  const rows = (await readFile(table, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  // In the order of the trials, which are shuffled.
  expect(rows.toSorted((a, b) => Number(a.item) - Number(b.item))).toMatchObject([
    { answer_text: 'B', valid: true, reasoning_tokens: 320, completion_tokens: 321 },
    { answer_text: '', valid: false, reason: 'length' },
    { answer_text: 'B', valid: true },
  ]);
});

test('what the server refused is shown in the words of the page, and known to the next run', async () => {
  const { study, server } = await studyOf((text) =>
    text.replace('temperature: null', 'temperature: 0'),
  );
  const run = await inProcess(['study', 'run', study]);
  expect(run.stderr).toContain(learned);
  expect((await inProcess(['study', 'status', study])).stdout).toContain(learned);
  server.asked.length = 0;
  await inProcess(['study', 'run', study, '--retry-invalid']);
  expect(server.asked).toHaveLength(1);
  expect(server.asked[0]).toHaveProperty('max_completion_tokens');
});
