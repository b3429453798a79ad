/** The world that the networks of a study learned: its entities, classes, relations and facts. */
import { html } from 'hono/html';
import { WeighbridgeError } from '../errors.js';
import { createWorld, type Fact, tokensOf, type World } from '../explain/world.js';
import { htmlPage } from '../report/html/page.js';
import { named, plainTable } from '../report/html/sections.js';
import { fixed, formatCount } from '../report/words.js';
import type { ExplanationsDocument } from '../result/explanations-format.js';
import { studyLinks } from './questions-page.js';
import {
  addressOf,
  hasNames,
  pageLinks,
  pageOf,
  pickOne,
  type Query,
  searchForm,
} from './table-pages.js';

/** The full study has 288. */
const MOST_FACTS = 100_000;

/** @throws WeighbridgeError `damaged` for options that no world has */
export function worldOf({ world }: Pick<ExplanationsDocument, 'world'>): World {
  const { entities = 1, relations = 1, values = 1 } = world;
  const size = [entities, relations, values].reduce<number>((all, one) => all * Number(one), 1);
  if (!(size <= 10 * MOST_FACTS)) {
    throw new WeighbridgeError('damaged', `result.json has a world of ${size} facts and values`);
  }
  try {
    return createWorld({ seed: 0, ...world });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WeighbridgeError('damaged', `result.json has a world that is none: ${reason}`, {
      cause,
    });
  }
}

/** @param query `class`, `relation`, `texts` (`agree`, `disagree`), `words`, and `page` from 1 */
export async function worldPage(world: World, query: Query): Promise<string> {
  const { options, classOf, facts } = world;
  const { entities, classes, relations, values, reliability } = options;
  const described = facts.map((fact) => describedFact(world, fact));
  const matches = hasNames(query);
  const isAsked = (name: 'class' | 'relation' | 'texts', found: string) =>
    !query[name] || query[name] === found;
  const found = described.filter(
    (one) =>
      isAsked('class', one.class) &&
      isAsked('relation', one.relation) &&
      isAsked('texts', one.texts) &&
      matches(Object.values(one).join(' ')),
  );
  const shown = pageOf(found, query);
  const picks = [
    pickOne({ name: 'class' }, [...new Set(classOf)].map(className), query),
    pickOne({ name: 'relation' }, [...new Set(described.map(({ relation }) => relation))], query),
    pickOne({ name: 'texts' }, ['agree', 'disagree'], query),
  ];
  const body = html`<header>
<h1>The world</h1>
${studyLinks}
<p>${formatCount(entities)} entities in ${formatCount(classes)} classes have a value of each of ${formatCount(relations)} relations, one of ${formatCount(values)}. Texts about a fact give its true value with the probability under “agreement”, and are the more frequent the larger its frequency. A hint in a question is right with probability ${fixed(reliability, 2)}.</p>
</header>
<main>
${searchForm('world', query, picks)}
${plainTable(
  `Facts ${shown.range}`,
  [
    ...named('text', 'Entity', 'Class', 'Relation', 'True value', 'Texts'),
    ...named('number', 'Agreement', 'Frequency in 1,000 texts'),
    ...named('text', 'Questions'),
  ],
  shown.rows.map((one) => [
    ...[one.entity, one.class, one.relation, one.value, one.texts],
    ...[fixed(one.agreement, 2), fixed(1000 * one.frequency, 2)],
    html`<a href="${addressOf('questions', { words: `${one.entity} ${one.relation}` })}">about ${one.entity} ${one.relation}</a>`,
  ]),
)}
${pageLinks('world', query, shown)}
</main>`;
  return htmlPage('The world', body, "'self'");
}

const className = (number: number) => `class ${number + 1}`;

function describedFact(world: World, { entity, relation, value, agreement, frequency }: Fact) {
  const { words, classOf } = world;
  const token = tokensOf(world);
  return {
    entity: words[token.entity(entity)] ?? '',
    class: className(classOf[entity] ?? 0),
    relation: words[token.relation(relation)] ?? '',
    value: words[token.value(relation, value)] ?? '',
    texts: agreement === 1 ? 'agree' : 'disagree',
    ...{ agreement, frequency },
  };
}
