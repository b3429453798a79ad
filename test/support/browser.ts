/**
 * A browser for tests of pages: an installed Chromium or Chrome, driven by playwright-core, which
 * brings none of its own. Where none is found, tests are skipped and say so in their names.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const usualPlaces: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData'].flatMap((variable) => {
    const folder = process.env[variable];
    return folder === undefined
      ? []
      : [
          join(folder, 'Google/Chrome/Application/chrome.exe'),
          join(folder, 'Microsoft/Edge/Application/msedge.exe'),
        ];
  }),
};

/** CHROME_PATH where it is set, or the first browser found; undefined where there is none. */
function findBrowser(): string | undefined {
  const told = process.env.CHROME_PATH;
  if (told) return told;
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  return [...onPath, ...(usualPlaces[process.platform] ?? [])].find((file) => existsSync(file));
}

const executablePath = findBrowser();

export const hasBrowser = executablePath !== undefined;

/** Part of a suite's title: why it is skipped, where it is. */
export const skipReason = hasBrowser
  ? ''
  : ' (skipped: no Chromium or Chrome found; CHROME_PATH says where one is)';

export async function launchBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error(`no browser${skipReason}`);
  // Tests may run as root, in a container without a large shared memory.
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
}
