import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { rasterize } from '../../../src/report/figures/rasterize.js';

const svg = (inner: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="48" font-family="Inter, sans-serif">${inner}</svg>`;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** The chunks of a PNG, each with a sound checksum. */
function chunks(png: Uint8Array): Chunk[] {
  const bytes = Buffer.from(png);
  expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
  const found: Chunk[] = [];
  for (let at = 8; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    const typed = bytes.subarray(at + 4, end);
    expect(bytes.readUInt32BE(end)).toBe(crc32(typed));
    found.push({ type: typed.subarray(0, 4).toString('latin1'), data: typed.subarray(4) });
    at = end + 4;
  }
  return found;
}

const chunk = (png: Uint8Array, type: string) => {
  const found = chunks(png).find((one) => one.type === type);
  if (!found) throw new Error(`no chunk ${type}`);
  return found.data;
};

/** Bytes of the image that are not white. */
function inked(png: Uint8Array): number {
  const data = chunks(png).filter(({ type }) => type === 'IDAT');
  const pixels = inflateSync(Buffer.concat(data.map((one) => one.data)));
  return pixels.reduce((count, byte) => count + (byte !== 255 && byte !== 0 ? 1 : 0), 0);
}

describe('a rasterized figure', () => {
  it.each([
    [96, 96, 48, 3780],
    [300, 300, 150, 11811],
    [600, 600, 300, 23622],
  ])('of %d dpi has its size and says so', async (dpi, width, height, pixelsAMetre) => {
    const png = await rasterize(svg('<rect width="10" height="10"/>'), { dpi });
    const header = chunk(png, 'IHDR');
    expect([header.readUInt32BE(0), header.readUInt32BE(4)]).toEqual([width, height]);
    const resolution = chunk(png, 'pHYs');
    expect([resolution.readUInt32BE(0), resolution.readUInt32BE(4)]).toEqual([
      pixelsAMetre,
      pixelsAMetre,
    ]);
    expect(resolution.readUInt8(8)).toBe(1);
    // Before the pixels, as the specification wants it.
    expect(chunks(png).map(({ type }) => type)[1]).toBe('pHYs');
  });

  it('is made also where another module has loaded the library before', async () => {
    const built = new URL('../../../dist/src/report/figures/rasterize.js', import.meta.url);
    const another: { readonly rasterize: typeof rasterize } = await import(built.href);
    const figure = svg('<text x="5" y="20">letters</text>');
    const first = await rasterize(figure, { dpi: 96 });
    expect(await another.rasterize(figure, { dpi: 96 })).toEqual(first);
  });

  it('has letters, in both weights', async () => {
    const empty = inked(await rasterize(svg(''), { dpi: 96 }));
    const text = (weight: number) =>
      rasterize(svg(`<text y="30" font-weight="${weight}">weights β ж ≥</text>`), { dpi: 96 });
    const [regular, bold] = await Promise.all([text(400), text(600)]);
    expect(inked(regular)).toBeGreaterThan(empty + 100);
    expect(Buffer.compare(regular, bold)).not.toBe(0);
  });

  it('is the same twice', async () => {
    const draw = () => rasterize(svg('<text y="20">same</text>'), { dpi: 120 });
    expect(Buffer.compare(await draw(), await draw())).toBe(0);
  });

  it.each([0, -1, Number.NaN, 1e6])('refuses a resolution of %d', async (dpi) => {
    await expect(rasterize(svg(''), { dpi })).rejects.toThrow(
      /dpi is .*, expected a number from 10 to 2400/,
    );
  });
});
