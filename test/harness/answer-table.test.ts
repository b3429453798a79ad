import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { answerTable, columnsByName } from '../../src/harness/answer-table.js';
import { lookAtStudy } from '../../src/harness/open-study.js';
import { openRecord, type StudyRecord } from '../../src/harness/record/record.js';
import { describedFolder } from '../support/described-plan.js';

const folder = describedFolder({
  'study.yaml': `study: hotels
server: {base_url: 'http://127.0.0.1:9', key_variable: null}
items: items.csv
tasks:
  pick:
    prompt: '{{ place }}: {% for option in options %}{{ option.label }} {{ option.text }} {% endfor %}'
    options: [good, poor]
    shuffle: random
    answer: { kind: choice }
    logprobs: true
  weigh:
    prompt: Weigh {{ place }}.
    answer: { kind: json, keys: { price: { min: 0, max: 9 }, 'seat width': { min: 0, max: 9 } } }
models: [{name: org/m1}]
`,
  'items.csv': 'id,place,price_eur,good,poor\na,Rome,10,G,P\nb,Bonn,20.5,G,P\n',
});

const usage = { promptTokens: 20, completionTokens: 9, reasoningTokens: 7 };
const answer = (text: string, logprobs: ReadonlyMap<string, number> | null = null) => ({
  ...{ text, raw: '{}', model: 'm1', fingerprint: null, finishReason: 'stop', attempt: 1 },
  ...{ latencyMs: 12, usage, logprobs },
});

async function fill(record: StudyRecord, stage: string, texts: readonly string[]): Promise<void> {
  for (const [item, text] of texts.entries()) {
    const logprobs = stage.endsWith('pick')
      ? new Map([
          ['A', -0.1],
          ['B', -2.4],
        ])
      : null;
    const asked = { stage, item, model: 'org/m1', prompt: 'p' };
    await record.answer(asked, answer(text, logprobs), { requests: 1, tokens: 29, usd: 0 });
  }
}

async function table() {
  const study = await lookAtStudy(folder);
  const record = openRecord(join(folder, 'record.sqlite'));
  await fill(record, 'org/m1/pick', ['A', 'perhaps']);
  await fill(record, 'org/m1/weigh', [
    '{"price": 1, "seat width": 2.5}',
    '{"price": 10, "seat width": 2}',
  ]);
  const made = answerTable({ ...study, record }, 'lenient');
  const [pick] = study.stages;
  if (pick?.kind !== 'answers') throw new Error('no stage that asks');
  record.close();
  study.close();
  return { made, pick };
}

describe('the table of answers', async () => {
  const { made, pick } = await table();
  const columns = columnsByName(made);
  const first = Array.from(columns.get('trial') ?? []).indexOf(0);

  test('has the columns of every study in their order, and the item’s between', () => {
    expect(made.columns.map(({ name }) => name)).toEqual([
      ...['study', 'stage', 'task', 'item', 'place', 'price_eur', 'good', 'poor'],
      ...['model', 'about', 'shots', 'trial', 'repeat', 'order'],
      ...['answer_text', 'value', 'value_price', 'value_seat_width', 'valid', 'reason'],
      ...['logprob_good', 'logprob_poor'],
      ...['prompt_tokens', 'completion_tokens', 'reasoning_tokens', 'latency_ms', 'at'],
    ]);
    const kinds = Object.fromEntries(made.columns.map(({ name, kind }) => [name, kind]));
    expect(kinds).toMatchObject({
      price_eur: 'number',
      valid: 'boolean',
      value: 'text',
      value_price: 'integer',
      value_seat_width: 'number',
      logprob_good: 'number',
      prompt_tokens: 'integer',
    });
  });

  test('says which answers are valid, and why others are not', () => {
    expect(columns.get('stage')).toEqual(['pick', 'pick', 'weigh', 'weigh']);
    expect(columns.get('valid')).toEqual([true, false, true, false]);
    expect(columns.get('reason')).toEqual([null, 'not-a-label', null, 'out-of-range']);
    expect(columns.get('value_seat_width')).toEqual([null, null, 2.5, null]);
    expect(columns.get('reasoning_tokens')).toEqual([7, 7, 7, 7]);
  });

  test('names the option that was chosen, whatever its label, and its log-probability', () => {
    const [shownFirst = '', shownSecond = ''] = String(pick.shown(0).get('order')).split(',');
    expect(columns.get('value')?.[first]).toBe(shownFirst);
    expect(columns.get(`logprob_${shownFirst}`)?.[first]).toBe(-0.1);
    expect(columns.get(`logprob_${shownSecond}`)?.[first]).toBe(-2.4);
  });
});
