#!/usr/bin/env node
/** The command line: parses, calls, prints. Bad input ends with one clear line and exit code 2. */
const BAD_INPUT = 2;

// A closed pipe (for example to `head`) is not an error, and other output may still follow.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`error: cannot write to standard output: ${error.message}\n`);
  process.exitCode = BAD_INPUT;
});
process.stderr.on('error', () => {});

try {
  // Imported dynamically, so that a failure to load it is also reported in one line.
  const { run } = await import('./run.js');
  const code = await run(process.argv.slice(2));
  if (code !== 0) process.exitCode = code;
} catch (error) {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  // Node's loader reports a file it cannot open for lack of descriptors as missing.
  if (!['EMFILE', 'ENFILE', 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String(code))) {
    throw error;
  }
  process.stderr.write(
    'error: weighbridge cannot be loaded: this process may open too few files (raise the limit, for example with `ulimit -n 1024`), or the installation is not whole\n',
  );
  process.exitCode = BAD_INPUT;
}
