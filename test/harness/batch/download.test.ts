/** Lines of a downloaded file, however it is cut, however long they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileLines } from '../../../src/harness/batch/download.js';
import { ModelClient } from '../../../src/harness/client/model-client.js';
import { settings } from '../client/support.js';

const key = 'sk-test-0123456789abcdef';
const MB = 1024 * 1024;

/** The lines of a file that the server sends in such pieces. */
async function linesOf(pieces: readonly Uint8Array[], size?: number): Promise<string[]> {
  const fetch = async (input: string | URL | Request) => {
    if (!String(input).endsWith('/content')) return Response.json({ id: 'f', bytes: size ?? null });
    return new Response(ReadableStream.from(pieces));
  };
  const { call } = new ModelClient(settings({ apiKey: key }), { fetch });
  const lines: string[] = [];
  const ifGone = () => {
    throw new Error('gone');
  };
  for await (const line of fileLines('f', { call, signal: undefined, ifGone })) lines.push(line);
  return lines;
}

describe('the lines of a file', () => {
  it('are the same however the network cuts it, without the key', async () => {
    const line = fc.array(fc.constantFrom('a', 'é', '🜁', '\u2028', '\\"', ' ', key, 'sk-test-'));
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 12 }),
        cuts,
        async (parts, sizes) => {
          const lines = parts.map((one) => one.join(''));
          const bytes = Buffer.from(lines.join('\n'));
          const pieces: Uint8Array[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            pieces.push(bytes.subarray(at, at + size));
            at += size;
          }
          const masked = lines.map((one) => one.replaceAll(key, '[key]'.padEnd(key.length, '*')));
          if (masked.at(-1) === '') masked.pop();
          expect(await linesOf(pieces, bytes.length)).toEqual(masked);
        },
      ),
      { seed: 5, numRuns: 30 },
    );
  });

  it('that are too long are cut to what cannot be read, and the others are whole', async () => {
    const before = '{"custom_id":"1"}\n{"custom_id":"2","x":"';
    const piece = Buffer.alloc(MB, 'x');
    const pieces = [
      Buffer.from(before),
      ...Array(20).fill(piece),
      Buffer.from('"}\n{"custom_id":"3"}\n'),
    ];
    const lines = await linesOf(pieces);
    expect(lines[0]).toBe('{"custom_id":"1"}');
    expect(lines[1]).toMatch(/^\{"custom_id":"2","x":"x+$/);
    expect(lines[1]?.length).toBeLessThan(1000);
    expect(lines.slice(2)).toEqual(['{"custom_id":"3"}']);
  });

  it('that never end are cut as well, also at the end of the file', async () => {
    const lines = await linesOf(Array(18).fill(Buffer.alloc(MB, ' x')));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.length).toBeLessThan(1000);
  });

  it('of more values than can be parsed in time are cut', async () => {
    const heavy = `{"custom_id":"1","x":[${'{},'.repeat(500_000)}1]}`;
    const [first, second] = await linesOf([Buffer.from(`${heavy}\n{"custom_id":"2"}\n`)]);
    expect(first?.length).toBeLessThan(1000);
    expect(second).toBe('{"custom_id":"2"}');
  });

  it('of a good size are whole', async () => {
    const line = JSON.stringify({ custom_id: '1', text: 'x'.repeat(3 * MB) });
    expect(await linesOf([Buffer.from(`${line}\n`)])).toEqual([line]);
  });
});
