/**
 * Compiles the AssemblyScript kernels (*.as) to WebAssembly and writes them as source files that the
 * engine imports, so that the package needs no compiler, no fetched file and no loader.
 * `npm run kernels` writes them; a test compares the files with freshly compiled sources.
 */
import { writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';

/** The module's bytes in base64. */
export async function compileKernel(name) {
  const { error, binary, stderr } = await asc.compileString(
    { [`${name}.ts`]: await readSource(name) },
    {
      optimizeLevel: 3,
      shrinkLevel: 0,
      noAssert: true,
      runtime: 'stub',
      enable: ['simd'],
      initialMemory: 1,
    },
  );
  if (error) throw new Error(`${name}: ${error.message}\n${stderr.toString()}`);
  return Buffer.from(binary).toString('base64');
}

async function readSource(name) {
  const { readFile } = await import('node:fs/promises');
  return readFile(new URL(`./${name}.as`, import.meta.url), 'utf8');
}

if (import.meta.filename === process.argv[1]) {
  for (const name of ['logit', 'rows', 'elementary', 'draws']) {
    const lines = (await compileKernel(name)).match(/.{1,88}/g);
    const text = `/** ${name}.as, compiled by \`npm run kernels\`. */
export const ${name}Module =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
    writeFileSync(new URL(`./${name}-module.ts`, import.meta.url), text);
  }
}
