/** Every example in the README and the guides runs as it stands there, against the built package. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatWithOptions } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkout as root, weighbridge } from '../e2e/support.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const guides = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));
const texts = new Map(
  ['README.md', ...guides.map((file) => `docs/${file}`)].map((file) => [
    file,
    readFileSync(join(root, file), 'utf8'),
  ]),
);
const commandPage = texts.get('docs/command.md') ?? '';

function fenced(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, code = '']) => code,
  );
}

const programs = [...texts].flatMap(([file, text]) =>
  fenced(text, 'js').map((code, i) => ({ name: `${file}, example ${i + 1}`, code })),
);

/** Commands of weighbridge, as they are told to be typed. */
const commands = [...texts].flatMap(([file, text]) =>
  fenced(text, 'sh')
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, ''))
    .filter((line) => line.startsWith('weighbridge '))
    .map((line) => ({ file, line, words: line.split(/\s+/).slice(1) })),
);

/** Inside the package, where its name leads to the package itself. */
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(root, 'study-'));
});
// Examples leave folders of this name behind.
afterAll(async () => {
  for (const name of readdirSync(root)) {
    if (/^study-\w{6}$/.test(name)) await rm(join(root, name), { recursive: true });
  }
});

const outputs = new Map<string, Promise<string>>();

/** What a program prints. Programs run in this process, one at a time, and each of them once. */
function runProgram(code: string): Promise<string> {
  const known = outputs.get(code) ?? printedBy(code, `example-${outputs.size + 1}.mjs`);
  outputs.set(code, known);
  return known;
}

async function printedBy(code: string, name: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, code);
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => {
    lines.push(formatWithOptions({ colors: false }, ...values));
  });
  const progress = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await import(pathToFileURL(file).href);
  } finally {
    log.mockRestore();
    progress.mockRestore();
  }
  return lines.join('\n');
}

const helps = new Map<string, Promise<string>>();

/** The help of a command, as `weighbridge NAMES --help` prints it. */
function helpOf(names: readonly string[]): Promise<string> {
  const key = names.join(' ');
  const known =
    helps.get(key) ??
    weighbridge([...names, '--help']).then(({ code, stdout }) => {
      expect(code).toBe(0);
      return stdout;
    });
  helps.set(key, known);
  return known;
}

describe('the README and the guides', () => {
  test('have examples', () => {
    expect(programs.length).toBeGreaterThanOrEqual(5);
    expect(commands.length).toBeGreaterThanOrEqual(8);
  });

  test.each(programs)('$name runs', async ({ code }) => {
    const stdout = await runProgram(code);
    // Those that print tell of draws, and of nothing that went wrong.
    expect(stdout).not.toMatch(/NaN|undefined/);
  });

  test.each(commands)('$file: `$line` is a command with these options', async ({ words }) => {
    const nested = ['study', 'explain', 'jobs'].includes(words[0] ?? '');
    const names = words.slice(0, nested ? 2 : 1);
    const stdout = await helpOf(names);
    expect(stdout).toMatch(new RegExp(`^Usage: weighbridge ${names.join(' ')}`));
    for (const word of words) if (word.startsWith('--')) expect(stdout).toContain(word);
  });

  test('a study can be begun, planned and had its training files as they say', async () => {
    const { folder: place, remove } = await temporaryFolder();
    const before = process.cwd();
    process.chdir(place);
    try {
      const typed = commands.filter(
        ({ file, line }) => file === 'docs/collecting.md' && /init|--dry-run|--of /.test(line),
      );
      expect(typed).toHaveLength(3);
      for (const { words } of typed) {
        const { code, stderr } = await weighbridge(words);
        expect(code, stderr).toBe(0);
      }
      expect(readdirSync(join(place, 'training-files'))).toContain('introspection_all.jsonl');
    } finally {
      process.chdir(before);
      await remove();
    }
  });

  test('the first example prints a fit, a hypothesis and a prediction, without warnings', async () => {
    const stdout = await runProgram(programs[0]?.code ?? '');
    expect(stdout).toMatch(/^hours +\d/m);
    expect(stdout).toMatch(/^sd\(Intercept\) +\d/m);
    expect(stdout).toMatch(/\(hours\) > 0/);
    expect(stdout).not.toMatch(/Warning/);
  });

  test('the example of two columns is a fit without warnings, as it says', async () => {
    const code = programs.find((program) =>
      program.code.includes('linearRegression, logisticRegression, normal }'),
    )?.code;
    const stdout = await runProgram(code ?? '');
    const lines = stdout.trim().split('\n');
    expect(lines.some((line) => line.startsWith('b_Intercept'))).toBe(true);
    expect(lines.some((line) => line.startsWith('b_hours'))).toBe(true);
    expect(lines.at(-1)).toBe('[]');
  });

  test('list every option of reproduce', async () => {
    const stdout = await helpOf(['reproduce']);
    for (const [option] of stdout.matchAll(/--[a-z-]+/g)) {
      if (option !== '--help') expect(commandPage).toContain(option);
    }
  });
});
