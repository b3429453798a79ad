/**
 * Compiles the AssemblyScript kernels (*.as) to WebAssembly and writes them as source files that the
 * engine imports, so that the package needs no compiler, no fetched file and no loader.
 * `npm run kernels` writes them; a test compares the files with freshly compiled sources.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

/** The module's bytes in base64. */
export async function compileKernel(name) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      `${name}.ts`,
      ...['--outFile', 'binary', '-O3', '--noAssert', '--runtime', 'stub'],
      ...['--enable', 'simd', '--initialMemory', '1'],
    ],
    {
      readFile: readSource,
      writeFile: (_, bytes) => {
        binary = bytes;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${name}: ${error.message}\n${stderr.toString()}`);
  return Buffer.from(binary).toString('base64');
}

/** The text of `NAME.as`, also where a kernel imports `./NAME`; null if there is none. */
function readSource(file) {
  const path = new URL(`./${file.replace(/\.ts$/, '.as')}`, import.meta.url);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

if (import.meta.filename === process.argv[1]) {
  for (const name of ['logit', 'rows', 'elementary', 'draws', 'columns', 'products', 'network']) {
    const lines = (await compileKernel(name)).match(/.{1,88}/g);
    const text = `/** ${name}.as, compiled by \`npm run kernels\`. */
export const ${name}Module =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
    writeFileSync(new URL(`./${name}-module.ts`, import.meta.url), text);
  }
}
