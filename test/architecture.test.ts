/**
 * The map of the code: which room may import from which. A room is `models`, a folder of `src`, or a
 * file at the top of `src`. Public entries (package.json) import from every room but `cli`, and no
 * room imports from them.
 */
import { readdir, readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * Each room, and the rooms that it may import from. `room:types` allows only `import type`. Every
 * room may also import from `errors` and `checks`. Add new rooms and new arrows here.
 */
const map: Readonly<Record<string, string>> = {
  errors: '',
  checks: '',
  text: '',
  random: '',
  http: '',
  'package-info': '',
  'linear-algebra': '',

  sampler: 'random linear-algebra',
  posterior: 'models linear-algebra random',
  formula: 'text linear-algebra',
  models: 'sampler:types random:types linear-algebra',
  fit: 'models formula sampler posterior linear-algebra random',
  regression: 'fit models formula text sampler posterior random linear-algebra',
  correlation: 'regression fit models formula sampler posterior random linear-algebra',
  exchange: 'regression fit models formula sampler posterior',
  explain: 'models random linear-algebra',
  'data-files': 'exchange regression fit formula text package-info',
  autodiff: 'sampler:types',
  workers: 'fit sampler:types',
  distribution: 'workers fit models:types sampler exchange data-files http package-info',
  'explain-study':
    'explain models workers distribution:types fit posterior:types exchange data-files package-info',

  study: 'random',
  'authors-files': 'study data-files',
  published: 'http',
  packs:
    'analysis table-analysis fit posterior regression:types result:types study authors-files data-files random',
  harness: 'packs study authors-files data-files result:types http package-info',
  analysis: 'random study authors-files correlation regression fit models posterior sampler',
  simulation:
    'packs analysis study authors-files regression fit models sampler random linear-algebra http',
  plots: 'posterior regression:types',
  planning: 'analysis study regression fit models formula posterior sampler random linear-algebra',
  result:
    'analysis study authors-files data-files exchange explain:types models regression:types fit:types posterior',
  'table-analysis': 'regression models formula posterior data-files:types result:types',
  report:
    'explain:types planning result plots analysis table-analysis study authors-files data-files posterior regression:types',
  viewer: 'explain report result data-files:types plots analysis study posterior http',
  cli: 'viewer explain-study explain report planning result table-analysis:types simulation analysis harness packs published authors-files data-files distribution workers exchange regression fit models formula study sampler posterior:types http package-info',
};

const everywhere = ['errors', 'checks'];

/** Rooms that run in browsers and workers: they import no module of Node, and only these packages. */
const engine =
  'errors checks text random linear-algebra sampler models posterior formula fit regression correlation exchange explain';
/** The files of `workers` that web workers and pages load. */
const engineFiles = ['protocol', 'serve', 'web-workers'].map((name) => `src/workers/${name}.ts`);
const enginePackages = /^(@stdlib\/|leven$|zod$)/;

const root = fileURLToPath(new URL('../', import.meta.url));

interface Import {
  readonly file: string;
  readonly room: string;
  /** Room, package or module of Node. */
  readonly target: string;
  readonly isRoom: boolean;
  readonly typesOnly: boolean;
  readonly statement: string;
}

const { exports } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));

/** Files that package.json exports. */
const publicFiles: readonly string[] = Object.values<{ types?: string }>(exports).map(
  ({ types = '' }) => types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1.ts'),
);

const entries = publicFiles.filter((file) => /^src\/[^/]+$/.test(file));

function roomOf(file: string): string {
  if (entries.includes(file)) return `the entry ${file}`;
  const [top = '', room = ''] = file.split('/');
  return top === 'models' ? top : room.replace(/\.ts$/, '');
}

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const STATEMENT = /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/gm;

function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(STATEMENT)].map(([statement, from, lazy]) => {
    const path = from ?? lazy ?? '';
    const isRoom = path.startsWith('.');
    return {
      file,
      room: roomOf(file),
      target: isRoom ? roomOf(posix.join(posix.dirname(file), path).replace(/\.js$/, '.ts')) : path,
      isRoom,
      typesOnly: /^\s*(?:import|export) type\s/.test(statement),
      statement: statement.trim().replace(/\s+/g, ' '),
    };
  });
}

/** The modules of some folders, without their comments. */
async function sources(folders: readonly string[]): Promise<{ file: string; text: string }[]> {
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(root + folder, { recursive: true })).map((name) => `${folder}/${name}`),
    ),
  );
  const modules = names
    .flat()
    .filter(
      (name) => /(?<!\.d)\.(tsx?|mjs)$/.test(name) && !/\.config\.|node_modules|\/api\//.test(name),
    );
  return Promise.all(
    modules.map(async (file) => ({
      file,
      text: (await readFile(root + file, 'utf8')).replace(COMMENT, ''),
    })),
  );
}

function allowed(room: string): string[] {
  if (room.startsWith('the entry')) return Object.keys(map).filter((name) => name !== 'cli');
  const own = (map[room] ?? '').split(' ').filter((name) => name !== '');
  return room === 'errors' ? own : [...own, ...everywhere.filter((name) => name !== room)];
}

/** The rooms of `path` in a cycle, or null. Each room is left once: `done` holds those. */
function cycleFrom(room: string, path: readonly string[], done: Set<string>): string | null {
  if (path.includes(room)) return [...path.slice(path.indexOf(room)), room].join(' -> ');
  if (done.has(room)) return null;
  for (const next of allowed(room)) {
    const cycle = cycleFrom(next.replace(/:types$/, ''), [...path, room], done);
    if (cycle) return cycle;
  }
  done.add(room);
  return null;
}

describe('rooms', async () => {
  const modules = (await sources(['src', 'models'])).filter(({ file }) => !file.endsWith('.mjs'));
  const imports = modules.flatMap(({ file, text }) => importsOf(file, text));
  const between = imports.filter(({ isRoom, room, target }) => isRoom && room !== target);

  it('import only from the rooms that the map allows', () => {
    expect(between.length).toBeGreaterThan(200);
    const wrong = between.filter(({ room, target, typesOnly }) => {
      const rooms = allowed(room);
      return !rooms.includes(target) && !(typesOnly && rooms.includes(`${target}:types`));
    });
    const problems = wrong.map(
      ({ file, room, target, statement }) =>
        `${file}: ${statement}: ${room} may import from ${allowed(room).join(', ')}. If ${target} belongs there, add it to \`map\` in test/architecture.test.ts`,
    );
    expect(problems).toEqual([]);
  });

  it('form no cycle', () => {
    const done = new Set<string>();
    const cycles = Object.keys(map).map((room) => cycleFrom(room, [], done));
    expect(cycles.filter((cycle) => cycle !== null)).toEqual([]);
  });

  it('of the engine need neither Node nor a package made for it', () => {
    const rooms = engine.split(' ');
    const foreign = imports.filter(
      ({ file, isRoom, room, target }) =>
        (rooms.includes(room) || engineFiles.includes(file)) &&
        (isRoom ? !rooms.includes(target) && target !== room : !enginePackages.test(target)),
    );
    expect(foreign.map(({ file, statement }) => `${file}: ${statement}`)).toEqual([]);
  });
});

/** Exports that no import statement names: modules that are loaded by a path or a package name. */
const loadedByPath = [
  'src/plots/document.ts',
  'src/plots/document.browser.ts',
  'src/workers/thread.ts',
  'src/explain-study/explain-thread.ts',
];

const EXPORTED =
  /^export\s+(?:abstract\s+)?(?:async\s+)?(?:const|let|function\*?|class|interface|type)\s+(\w+)/gm;
const NAMED =
  /^\s*(?:import|export)\s(?:type\s)?([^'";]*?)\sfrom\s'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'/gm;

/** `file name` for each name that a file imports; `file *` if it imports the whole module. */
function namesImported(file: string, text: string): string[] {
  return [...text.matchAll(NAMED)].flatMap(([, names = '', from, lazy]) => {
    const path = posix.join(posix.dirname(file), from ?? lazy ?? '');
    const target = path.replace(/^dist\//, '').replace(/\.js$/, '');
    const [, list] = /\{([^}]*)\}/.exec(names) ?? [];
    if (list === undefined) return [`${target} *`];
    return list.split(',').map((name) => {
      const [original = ''] = name
        .trim()
        .replace(/^type /, '')
        .split(' as ');
      return `${target} ${original}`;
    });
  });
}

it('every export has an importer, or a place in a public entry', async () => {
  const files = await sources(['src', 'models', 'test', 'bench', 'docs']);
  const used = new Set(files.flatMap(({ file, text }) => namesImported(file, text)));
  const unused = files
    .filter(({ file }) => /^(src|models)\//.test(file))
    .filter(({ file }) => !publicFiles.includes(file) && !loadedByPath.includes(file))
    .flatMap(({ file, text }) => {
      const module = file.replace(/\.tsx?$/, '');
      if (used.has(`${module} *`)) return [];
      const names = [...text.matchAll(EXPORTED)].map(([, name]) => name);
      return names
        .filter((name) => !used.has(`${module} ${name}`))
        .map((name) => `${file}: ${name}`);
    });
  expect(unused, 'exports without an importer: drop `export`, or the code').toEqual([]);
});

it('every compiled file that a test or a benchmark names has its source', async () => {
  const files = [...(await sources(['test', 'bench'])), ...(await sources(['docs']))];
  const named = files.flatMap(({ file, text }) =>
    [...text.matchAll(/\bdist\/((?:src|models)\/[\w./-]+)\.js\b/g)].map(([, path]) => ({
      file,
      path,
    })),
  );
  const sourceFiles = (await sources(['src', 'models'])).map(({ file }) => file);
  const missing = named.filter(
    ({ path }) => !sourceFiles.some((file) => file.replace(/\.tsx?$/, '') === path),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(missing, 'a stale dist/ hides these until the next clean build').toEqual([]);
});
