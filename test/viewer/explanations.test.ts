/** The viewer of a study of explanations: its report, its world, and every question. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Prediction } from '../../src/explain/grid.js';
import { createWorld } from '../../src/explain/world.js';
import { writeExplanationsData } from '../../src/result/write-explanations.js';
import { sealFolder } from '../../src/result/write-sections.js';
import { startViewer, type Viewer } from '../../src/viewer/server.js';
import { smallSections } from '../support/small-answers.js';
import { explanationRows, explanationsFacts } from '../support/small-explanations.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const BAD = '<img src=x onerror=alert(1)>';

const shown = explanationRows({ items: 30 });
const [first] = shown;
if (!first) throw new Error('no rows');
const rows: readonly Prediction[] = [...shown, { ...first, explainer: BAD, answer: BAD }];

let place: Awaited<ReturnType<typeof temporaryFolder>>;
let viewer: Viewer;
beforeAll(async () => {
  place = await temporaryFolder();
  const folder = join(place.folder, 'result');
  const found = { sections: smallSections, tasks: { ablation: {} }, curves: [] };
  const document = await writeExplanationsData(folder, explanationsFacts, found, rows);
  await sealFolder(folder, document);
  viewer = await startViewer(folder);
});
afterAll(async () => {
  await viewer.close();
  await place.remove();
});

async function page(path: string) {
  const reply = await fetch(new URL(path, viewer.url));
  expect(reply.status, path).toBe(200);
  const { document } = parseHTML(await reply.text());
  return { document, policy: reply.headers.get('content-security-policy') ?? '' };
}

const texts = (found: Iterable<{ textContent: string | null }>) =>
  Array.from(found, ({ textContent }) => (textContent ?? '').trim());

async function tableAt(path: string) {
  const { document } = await page(path);
  const caption = document.querySelector('caption')?.textContent ?? '';
  const body = [...document.querySelectorAll('tbody tr')].map((row) =>
    texts(row.querySelectorAll('td')),
  );
  return { caption, body };
}

describe('the viewer of a study of explanations', () => {
  test('leads from the report to its pages, and each page to the others', async () => {
    for (const path of ['', 'questions', 'world', 'question?number=1']) {
      const { document, policy } = await page(path);
      expect(policy).toContain("default-src 'none'");
      const links = [...document.querySelectorAll('a')].map((link) => link.getAttribute('href'));
      expect(links).toEqual(expect.arrayContaining(['questions', 'world']));
      expect(document.querySelectorAll('h1').length).toBe(1);
      for (const field of document.querySelectorAll('input, select')) {
        expect(field.closest('label')?.textContent?.trim(), path).toBeTruthy();
      }
    }
  });

  test('shows each fact of the world, and finds it by class, relation and words', async () => {
    const world = createWorld({ seed: 0, ...explanationsFacts.world });
    const { caption, body } = await tableAt('world');
    expect(caption).toBe('Facts 1 to 12 of 12');
    const values = world.facts.map(({ relation, value }) => `r${relation + 1}-value${value + 1}`);
    expect(body.map((cells) => cells[3])).toEqual(values);
    const ofClass = await tableAt('world?class=class+2&relation=relation1');
    expect(ofClass.body.map(([entity]) => entity)).toEqual(['entity2', 'entity4', 'entity6']);
    const found = await tableAt('world?words=relation2+entity3');
    expect(found.body.map((cells) => cells.slice(0, 3))).toEqual([
      ['entity3', 'class 1', 'relation2'],
    ]);
  });

  test('lists every question once, by task, target, part and words', async () => {
    const count = (of: (row: Prediction) => boolean) =>
      new Set(rows.filter(of).map(({ task, item }) => `${task}\n${item}`)).size;
    const total = async (query: string) =>
      Number(/of ([\d,]+)$/.exec((await tableAt(`questions?${query}`)).caption)?.[1]);
    expect(await total('')).toBe(count(() => true));
    expect(await total('task=ablation')).toBe(count(({ task }) => task.startsWith('ablation')));
    expect(await total('task=ablation&part=seen&target=network+2')).toBe(
      count(({ task, target }) => task === 'ablation, seen' && target === 'network 2'),
    );
    expect(await total('words=NEURON+7')).toBe(count(({ item }) => item.endsWith('neuron 7')));
    // Not in neuron 17, and a word of signs is no pattern.
    expect(await total('words=.%2B%28%5B')).toBe(0);
    const agree = await total('explainers=agree');
    expect(agree + (await total('explainers=disagree'))).toBe(await total(''));
    expect(agree).toBeGreaterThan(0);
    const last = await tableAt('questions?page=99');
    expect(last.caption).toMatch(/^Questions 101 to 1\d\d of 1\d\d$/);
  });

  test('shows a question with its true answer and every answer, and never as markup', async () => {
    const { document } = await page('question?number=1');
    const own = rows.filter(({ task, item }) => task === first.task && item === first.item);
    expect(document.querySelector('h2')?.textContent).toBe(first.item.split(': ')[1]);
    expect(document.querySelector('strong')?.textContent).toBe(first.truth);
    const answers = [...document.querySelectorAll('#every-answer tbody tr')].map((row) =>
      texts(row.querySelectorAll('td')),
    );
    const expected = own.map((row) => [
      row.explainer,
      row.vector,
      `${row.n}`,
      [row.model, row.seed].filter((part) => part !== null).join(', '),
      row.answer,
    ]);
    expect(answers.map((cells) => cells.slice(0, 5).join()).sort()).toEqual(
      expected.map((cells) => cells.join()).sort(),
    );
    expect(document.querySelector('img')).toBeNull();
  });

  test('answers a number that is none in one line', async () => {
    for (const number of ['0', '99999', '-1', 'x', '1e3', '']) {
      const reply = await fetch(new URL(`question?number=${number}`, viewer.url));
      expect(reply.status).toBe(404);
      expect(await reply.json()).toMatchObject({
        error: { message: expect.not.stringContaining('\n') },
      });
    }
  });
});

test.each([{ entities: 1e9 }, { entities: -1 }, { unknown: 1 }])(
  'a world with %j is damaged, and the report is shown',
  async (changes) => {
    const folder = join(place.folder, `world ${JSON.stringify(changes).replaceAll(/\W/g, '')}`);
    const facts = { ...explanationsFacts, world: { ...explanationsFacts.world, ...changes } };
    const found = { sections: [], tasks: {}, curves: [] };
    await sealFolder(folder, await writeExplanationsData(folder, facts, found, rows.slice(0, 3)));
    await writeFile(join(folder, 'other'), '');
    const other = await startViewer(folder);
    try {
      expect((await fetch(other.url)).status).toBe(200);
      const reply = await fetch(new URL('world', other.url));
      expect(reply.status).toBe(500);
      expect(await reply.json()).toMatchObject({ error: { code: 'damaged' } });
    } finally {
      await other.close();
    }
  },
);
