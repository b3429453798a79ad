/** `weighbridge view`: a result folder in the browser, until it is told to stop. */
import type { Command } from 'commander';
import open from 'open';
import pc from 'picocolors';
import { startViewer } from '../report/viewer/server.js';
import { wholeNumber } from './options.js';

interface ViewFlags {
  port: number;
  open: boolean;
}

export function addView(program: Command): void {
  program
    .command('view')
    .description('a page to look into every number of a result, on this machine only')
    .argument('<path>', 'a result folder, as `weighbridge reproduce --out` writes it')
    .option('--port <n>', 'port; 0: a free one', wholeNumber(0, 65_535), 0)
    .option('--no-open', 'print the address, and open no browser')
    .action(view);
}

async function view(path: string, flags: ViewFlags): Promise<void> {
  const stopped = untilStopped();
  const viewer = await startViewer(path, { port: flags.port });
  process.stdout.write(`${viewer.url}\n`);
  if (process.stderr.isTTY) process.stderr.write(pc.dim('Ctrl-C ends it.\n'));
  if (flags.open) await openBrowser(viewer.url);
  await stopped;
  await viewer.close();
}

/** A machine without a browser is no error: the address stands above. */
async function openBrowser(url: string): Promise<void> {
  const failed = (error: Error) =>
    process.stderr.write(
      `${pc.yellow('warning:')} no browser could be opened (${error.message}); open the address by hand\n`,
    );
  try {
    const child = await open(url);
    child.on('error', failed);
  } catch (error) {
    failed(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Resolves at the first signal to stop. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve());
    }
  });
}
