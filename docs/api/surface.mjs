/**
 * Writes the public surface of each entry of package.json to docs/api/surface/NAME.api.md, from the
 * built declarations. With --check it writes nothing and fails if a file would change: a change of the
 * public API is then seen in review. Run by `npm run docs` (check) and `npm run api` (write).
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const folder = join(here, 'surface');
const check = process.argv.includes('--check');
const packageJsonFullPath = join(root, 'package.json');
const { exports } = JSON.parse(readFileSync(packageJsonFullPath, 'utf8'));

const entries = Object.entries(exports).flatMap(([path, target]) =>
  target.types === undefined ? [] : [{ name: path.slice(2) || 'weighbridge', types: target.types }],
);

const level = (logLevel) => ({ logLevel, addToApiReportFile: false });

function extract({ name, types }) {
  const config = ExtractorConfig.prepare({
    packageJsonFullPath,
    configObjectFullPath: join(here, 'surface.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, types),
      compiler: { tsconfigFilePath: join(here, 'tsconfig.json'), skipLibCheck: true },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: folder,
        reportTempFolder: join(here, 'surface.tmp'),
        includeForgottenExports: false,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        compilerMessageReporting: { default: level('none') },
        extractorMessageReporting: { default: level('none') },
        tsdocMessageReporting: { default: level('none') },
      },
    },
  });
  return Extractor.invoke(config, {
    localBuild: !check,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
}

mkdirSync(folder, { recursive: true });
const changed = entries.filter((entry) => extract(entry).apiReportChanged).map(({ name }) => name);
rmSync(join(here, 'surface.tmp'), { recursive: true, force: true });
const known = new Set(entries.map(({ name }) => `${name}.api.md`));
const stale = readdirSync(folder).filter((file) => !known.has(file));
if (!check) for (const file of stale) rmSync(join(folder, file));

if (changed.length + stale.length === 0) {
  console.log(`public surface: ${entries.length} entries, unchanged`);
} else if (check) {
  console.error(
    `the public surface changed: ${[...changed, ...stale].join(', ')}; run npm run api and commit docs/api/surface`,
  );
  process.exitCode = 1;
} else {
  console.log(`public surface: ${[...changed, ...stale].join(', ')} written`);
}
