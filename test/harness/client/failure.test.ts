/** What goes wrong as one line: server, model, the server's own words, and nothing else. */
import fc from 'fast-check';
import OpenAI, { APIConnectionError, APIConnectionTimeoutError } from 'openai';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../../src/errors.js';
import {
  errorOf,
  type Failure,
  failureOf,
  localFailure,
  type Purpose,
} from '../../../src/harness/client/failure.js';
import { oneLine } from '../../../src/harness/client/sanitize.js';

const asItIs = (text: string) => text;
const purpose: Purpose = { baseURL: 'https://host/v1', what: null, model: 'gpt-x', hasKey: true };
const upload = { ...purpose, what: 'upload a training file', model: null };

const statusError = (status: number, error: object, headers: Record<string, string> = {}) =>
  OpenAI.APIError.generate(status, { error }, undefined, new Headers(headers));

function seen(error: unknown): Failure {
  const failure = failureOf(error, asItIs);
  if (!failure) throw new Error('taken for no failure of the server');
  return failure;
}

describe('a failure', () => {
  it.each([
    [400, 'rejected'],
    [401, 'denied'],
    [403, 'denied'],
    [404, 'not-found'],
    [408, 'faulty'],
    [409, 'faulty'],
    [422, 'rejected'],
    [429, 'limited'],
    [500, 'faulty'],
    [503, 'faulty'],
    [529, 'faulty'],
    [301, 'rejected'],
  ])('of status %i is %s', (status, kind) => {
    expect(seen(statusError(status, { message: 'its words' }))).toMatchObject({
      kind,
      status,
      reason: 'its words',
    });
  });

  it('of an account without credit is told from one of too many requests', () => {
    const error = statusError(429, { message: 'You exceeded…', code: 'insufficient_quota' });
    expect(seen(error)).toMatchObject({ kind: 'no-credit', code: 'insufficient_quota' });
  });

  it('carries how long the server wants to be left alone', () => {
    const error = statusError(429, { message: 'slow' }, { 'retry-after': '3' });
    expect(seen(error).retryAfterMs).toBe(3000);
  });

  it.each([
    ['ECONNREFUSED', 'unreached'],
    ['ENOTFOUND', 'unreached'],
    ['EAI_AGAIN', 'unreached'],
    ['UND_ERR_CONNECT_TIMEOUT', 'unreached'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'unreached'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'unreached'],
    ['ECONNRESET', 'broken'],
    ['EPIPE', 'broken'],
    ['UND_ERR_SOCKET', 'broken'],
    ['HPE_INVALID_CONSTANT', 'broken'],
  ])('of the connection, %s however deep, is %s', (code, kind) => {
    const cause = Object.assign(new Error('deep'), { code });
    const fetched = new TypeError('fetch failed', { cause });
    expect(seen(new APIConnectionError({ message: undefined, cause: fetched }))).toMatchObject({
      kind,
      status: null,
      reason: code,
    });
    expect(seen(fetched)).toMatchObject({ kind });
  });

  it.each(['EMFILE', 'ENFILE', 'ENOBUFS'])(
    'for want of descriptors, %s, was never sent',
    (code) => {
      for (const syscall of ['connect', 'socket']) {
        const cause = Object.assign(new Error('deep'), { code, syscall });
        const failure = seen(new APIConnectionError({ message: undefined, cause }));
        expect(failure).toMatchObject({ kind: 'no-descriptors', reason: code });
        expect(errorOf(failure, purpose).message).toContain('raise the limit (`ulimit -n 1024`)');
      }
      // An error of our own file is no failure of the server.
      expect(failureOf(Object.assign(new Error(), { code, syscall: 'open' }), asItIs)).toBeNull();
    },
  );

  it.each(['ETIMEDOUT', 'ECONNRESET', 'ENETDOWN'])(
    'in making the connection, %s, was never sent',
    (code) => {
      const cause = Object.assign(new Error('deep'), { code, syscall: 'connect' });
      expect(seen(new TypeError('fetch failed', { cause })).kind).toBe('unreached');
    },
  );

  it('without a code is told in the words of its deepest cause', () => {
    const cause = new TypeError('fetch failed', { cause: new Error('HTTP status 999') });
    expect(seen(new APIConnectionError({ message: undefined, cause }))).toMatchObject({
      kind: 'broken',
      reason: 'HTTP status 999',
    });
  });

  it('of time is a timeout', () => {
    expect(seen(new APIConnectionTimeoutError()).kind).toBe('timeout');
  });

  it('of something else is none of the server’s', () => {
    const missing = Object.assign(new Error('no such file'), { code: 'ENOENT' });
    for (const error of [new TypeError('x is not a function'), missing, 'text', null]) {
      expect(failureOf(error, asItIs)).toBeNull();
    }
    expect(failureOf(new WeighbridgeError('budget', 'spent'), asItIs)).toBeNull();
  });
});

describe('the line', () => {
  const line = (error: unknown, to = purpose) => errorOf(seen(error), to);

  it('names the model that a server does not know', () => {
    const error = line(statusError(404, { message: 'nope', code: 'model_not_found' }));
    expect(error).toMatchObject({
      code: 'unknown-model',
      message: "https://host/v1 does not know the model 'gpt-x' (404: nope)",
    });
    const ollama = statusError(404, { message: 'model "gpt-x" not found, try pulling it first' });
    expect(line(ollama).message).toContain("does not know the model 'gpt-x'");
  });

  it('asks for the base URL where the path is unknown', () => {
    expect(line(statusError(404, { message: '404 page not found' })).message).toBe(
      "https://host/v1 has no chat completions (asked for model 'gpt-x'): is the base URL right? Most end in /v1 (404: 404 page not found)",
    );
  });

  it('tells a wrong key from a missing one', () => {
    const wrong = statusError(401, { message: 'Incorrect API key' });
    expect(line(wrong).code).toBe('server');
    expect(line(wrong).message).toContain('does not accept the API key');
    expect(line(wrong, { ...purpose, hasKey: false }).code).toBe('no-key');
  });

  it('says what the call was to do', () => {
    expect(line(statusError(500, { message: 'boom' }), upload).message).toBe(
      'https://host/v1 fails when asked to upload a training file (500: boom)',
    );
  });

  it.each([
    [
      'https://new/v1/chat/completions',
      'redirects to https://new, where nothing was sent,',
      'set base_url to https://new/v1 (',
    ],
    [
      'https://new/login?back=1',
      'redirects to https://new, where nothing was sent,',
      'set base_url to https://new/login?back=1 (',
    ],
    [
      'http://host/v1/models',
      'redirects to http://host, where nothing was sent,',
      'set base_url to http://host/v1 (',
    ],
    ['/v2/models', 'redirects to /v2/models, which is not followed,', 'is asked (301'],
    ['https://', 'redirects to https://, which is no address,', 'is asked (301'],
  ])('says where a server points to: %s', (location, where, advice) => {
    const { message } = line(statusError(301, { message: 'moved' }, { location }));
    expect(message).toContain(where);
    expect(message).toContain(advice);
  });

  it('says where nobody listens', () => {
    expect(errorOf(localFailure('unreached', 'ECONNREFUSED'), purpose).message).toBe(
      'https://host/v1 cannot be reached: is the server running, and is the base URL right? (ECONNREFUSED)',
    );
  });

  it('has no cause, for that would hold the headers', () => {
    expect(line(statusError(500, { message: 'boom' })).cause).toBeUndefined();
  });
});

describe('a server’s words', () => {
  it('come to one line of limited length without the key, whatever they are', () => {
    const key = 'sk-proj-0123456789';
    const mask = (text: string) => text.replaceAll(key, '[key]');
    const words = fc.array(fc.oneof(fc.string(), fc.constantFrom(key, '\n', '\u2028', '\t', '<')));
    fc.assert(
      fc.property(words, (parts) => {
        const line = oneLine(parts.join(''), mask);
        expect(line).not.toMatch(/[\r\n\u2028\u2029\t]/);
        expect(line).not.toContain(key);
        expect(line.length).toBeLessThanOrEqual(301);
      }),
      { seed: 361 },
    );
  });

  it('lose a key that the server has starred out itself', () => {
    const said = 'Incorrect API key provided: sk-pr***************6789. You can find it at …';
    expect(oneLine(said, asItIs)).toBe('Incorrect API key provided: [key] You can find it at …');
  });

  it('lose the tags of a web page', () => {
    const page = '<html><style>b{}</style><body><h1>502 Bad Gateway</h1>\n<hr>nginx</body></html>';
    expect(oneLine(page, asItIs)).toBe('502 Bad Gateway nginx');
  });
});
