/**
 * Converts SVG to PNG with resvg, compiled to WebAssembly. The only font is the Inter of the package,
 * so that a figure is the same on any machine. Letters that Inter does not have (it has Latin, Greek
 * and Cyrillic) are missing in the PNG, but not in the SVG.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { badArgument } from '../../checks/values.js';

/** Pixels an inch in SVG. */
const CSS_DPI = 96;
const METRES_AN_INCH = 0.0254;
/** Signature (8 bytes) and header chunk (25), after which the resolution is allowed. */
const AFTER_HEADER = 33;

const packages = createRequire(import.meta.url);
const fontFolder = join(
  dirname(packages.resolve('weighbridge/package.json')),
  'src/report/figures/fonts',
);
const FONT_FILES = ['Inter_400Regular.ttf', 'Inter_600SemiBold.ttf'];

/** The compiled library and the fonts, read once. */
let loaded: Promise<readonly Uint8Array[]> | undefined;

/** @returns a PNG on white at the size of the SVG, with its resolution stored */
export async function rasterize(svg: string, { dpi }: { dpi: number }): Promise<Uint8Array> {
  if (!(dpi >= 10 && dpi <= 2400)) {
    throw badArgument(`dpi is ${dpi}, expected a number from 10 to 2400`, { option: 'dpi' });
  }
  loaded ??= load();
  const fontBuffers = [...(await loaded)];
  const renderer = new Resvg(svg, {
    background: 'white',
    fitTo: { mode: 'zoom', value: dpi / CSS_DPI },
    font: { fontBuffers, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
  });
  const image = renderer.render();
  const png = withResolution(image.asPng(), dpi);
  image.free();
  renderer.free();
  return png;
}

async function load(): Promise<readonly Uint8Array[]> {
  try {
    await initWasm(await readFile(packages.resolve('@resvg/resvg-wasm/index_bg.wasm')));
  } catch (error) {
    // The library is compiled once a process, and refuses when another module has done it.
    if (!isCompiled()) throw error;
  }
  return Promise.all(FONT_FILES.map((file) => readFile(join(fontFolder, file))));
}

function isCompiled(): boolean {
  try {
    new Resvg('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>').free();
    return true;
  } catch {
    return false;
  }
}

/** Adds the chunk `pHYs`, which resvg does not write (PNG specification, §11.3.4.3). */
function withResolution(png: Uint8Array, dpi: number): Uint8Array {
  const chunk = Buffer.alloc(21);
  const pixelsAMetre = Math.round(dpi / METRES_AN_INCH);
  chunk.writeUInt32BE(9, 0);
  chunk.write('pHYs', 4, 'latin1');
  chunk.writeUInt32BE(pixelsAMetre, 8);
  chunk.writeUInt32BE(pixelsAMetre, 12);
  chunk.writeUInt8(1, 16); // the unit is the metre
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return Buffer.concat([png.subarray(0, AFTER_HEADER), chunk, png.subarray(AFTER_HEADER)]);
}
