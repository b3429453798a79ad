/** What real servers send is read; what could do harm in a path, a journal or a budget is not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchSchema,
  fileSchema,
  idSchema,
  jobSchema,
  MalformedAnswer,
  modelNameSchema,
  pageSchema,
  readAnswer,
} from '../../../src/harness/client/server-api.js';

const job = { id: 'ftjob-1', status: 'running' };
const batch = { id: 'batch_1', status: 'in_progress' };

const readJob = (body: object) => readAnswer(JSON.stringify(body), 'job', jobSchema);
const readBatch = (body: object) => readAnswer(JSON.stringify(body), 'batch', batchSchema);

const jobsSchema = pageSchema(jobSchema);

describe('an answer', () => {
  it.each([
    ['no more than an id and a status', {}],
    ['null where something may be missing', { error: null, metadata: null, trained_tokens: null }],
    ['keys that nobody knows', { object: 'fine_tuning.job', shared_with: [], usage: { x: 1 } }],
    ['a status that nobody knows', { status: 'warming_up' }],
    ['an empty name for a model that is still to come', { fine_tuned_model: '' }],
    ['the path of a local model', { status: 'succeeded', fine_tuned_model: '/models/ft 1' }],
    ['an error in one word', { status: 'failed', error: 'oom' }],
    ['odd things where nothing depends on them', { error: 3, metadata: 'x', training_file: 7 }],
  ])('on a job may have %s', (_, more) => {
    const read = readJob({ ...job, ...more });
    expect(read).toMatchObject({ id: 'ftjob-1', trained_tokens: null });
    expect(read.status).toBe('status' in more ? more.status : 'running');
  });

  it.each([
    ['a number for the name of its model', { fine_tuned_model: 123 }],
    ['a control character in it', { fine_tuned_model: 'ft:\u001b[31m' }],
    ['a NUL in it', { fine_tuned_model: 'ft\u0000' }],
    ['a way up in it', { fine_tuned_model: '../../etc/passwd' }],
    ['a name without end', { fine_tuned_model: 'x'.repeat(501) }],
    ['a status that is no text', { status: 3 }],
    ['no status', { status: undefined }],
    ['an empty status', { status: ' ' }],
    ['the kind of something else', { object: 'file' }],
  ])('on a job cannot have %s', (_, more) => {
    expect(() => readJob({ ...job, ...more })).toThrow(MalformedAnswer);
  });

  it('on a batch may have odd things where nothing depends on them', () => {
    const odd = { request_counts: 'many', errors: [], metadata: [], output_file_id: '' };
    expect(readBatch({ ...batch, ...odd })).toMatchObject({ output_file_id: null });
    expect(() => readBatch({ ...batch, output_file_id: '../x' })).toThrow(MalformedAnswer);
    expect(() => readBatch({ ...batch, error_file_id: 7 })).toThrow(MalformedAnswer);
  });

  it('tells in one line what was expected and where the body begins', () => {
    const read = () => readAnswer('<html>\n<title>Sign in</title>', 'batch', batchSchema);
    expect(read).toThrow(
      'expected a batch: not a JSON object; the body begins with "<html>\\n<title>Sign in</title>"',
    );
    expect(() => readBatch({ ...batch, id: null })).toThrow(/^expected a batch: id: .*null/);
    expect(() => readAnswer(' ', 'file', fileSchema)).toThrow('the body is empty');
  });

  it('nested without end is read or turned down, and never overflows', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const text = JSON.stringify({ ...job, extra: 0 }).replace('0}', `${deep}}`);
    expect(readAnswer(text, 'job', jobSchema).id).toBe('ftjob-1');
    expect(() => readAnswer(deep, 'job', jobSchema)).toThrow(MalformedAnswer);
  });

  it('of any text gives a value or is malformed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        for (const schema of [jobSchema, batchSchema, fileSchema, jobsSchema]) {
          try {
            readAnswer<unknown>(text, 'thing', schema);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedAnswer);
          }
        }
      }),
      { seed: 3, numRuns: 100 },
    );
  });
});

describe('a count', () => {
  it.each([-1, 0.5, 1e9 + 1, 9e18, 1e300, '12', null, [], {}, true])(
    'of %j is as if it were missing',
    (count) => {
      expect(readJob({ ...job, trained_tokens: count }).trained_tokens).toBeNull();
    },
  );

  it.each([0, 1, 1e9])('of %j is taken', (count) => {
    expect(readJob({ ...job, trained_tokens: count }).trained_tokens).toBe(count);
  });
});

describe('a page', () => {
  const read = (body: object) => readAnswer(JSON.stringify(body), 'list', jobsSchema);

  it.each([
    [{ object: 'list', data: [] }],
    [{ object: 'list', data: null }],
    [{ data: [], has_more: false }],
    [{ object: 'list', data: [job], has_more: null }],
  ])('of a real server is read: %j', (body) => {
    expect(read(body).has_more).toBe(false);
  });

  it.each([
    [{}],
    [{ data: null }],
    [{ data: [] }],
    [{ object: 'error', data: [], has_more: false }],
    [{ object: 'list', data: {} }],
    [{ object: 'list', data: [job, { id: null }] }],
  ])('that may hide what is looked for is malformed: %j', (body) => {
    expect(() => read(body)).toThrow(MalformedAnswer);
  });
});

describe('an id', () => {
  it('is one segment of a path, as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
        const { success } = idSchema.safeParse(text);
        if (!success) return;
        const url = new URL(`http://server/v1/batches/${text}`);
        expect(url.pathname).toBe(`/v1/batches/${text}`);
        expect(url.search + url.hash).toBe('');
      }),
      { seed: 4, numRuns: 500, examples: [['.'], ['..'], ['a/b'], ['%2e%2e'], ['a?b'], ['a#b']] },
    );
    for (const id of ['file-abc', 'batch_68f', 'ftjob-x:1', 'bGl0ZWxsbV9wcm94eQ==', 'a.b~c']) {
      expect(idSchema.safeParse(id).success).toBe(true);
    }
    for (const id of ['', '.', '..', 'a b', 'a\n', 'é', 'x'.repeat(1001)]) {
      expect(idSchema.safeParse(id).success).toBe(false);
    }
  });

  it('of a model may hold slashes and spaces, but is printable', () => {
    for (const name of ['ft:gpt-4o:lab::x', 'org/model', '/srv/models/ft 1', 'modèle']) {
      expect(modelNameSchema.safeParse(name).success).toBe(true);
    }
    for (const name of ['', ' ', 'a\tb', 'a\u202eb', 'a/../b', '..\\b']) {
      expect(modelNameSchema.safeParse(name).success).toBe(false);
    }
  });
});
