/** What the page reckons with: its addresses, its search, its list, its numbers. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Setting } from '../../src/study/study.js';
import { fixed, intervalText, titleOf, valueText } from '../../src/viewer/page/format.js';
import {
  listWindow,
  scrollToRow,
  search,
  searchText,
  typeahead,
} from '../../src/viewer/page/list.js';
import {
  contextRoute,
  parseRoute,
  type Route,
  routeHref,
  settings,
  tabs,
} from '../../src/viewer/page/route.js';
import { fitOfFigure, routeOfKey, studyOf } from '../../src/viewer/page/study.js';
import type { FitEntry } from '../../src/viewer/wire.js';
import { attic, cellar, MODEL } from './fake-folder.js';

const name = fc.string({ unit: 'grapheme', minLength: 1 });
const number = fc.integer({ min: 1, max: 1e6 });
const contextRoutes = fc
  .record({
    model: name,
    setting: fc.constantFrom(...settings),
    context: name,
    tab: fc.constantFrom(...tabs),
    open: fc.oneof(
      fc.constant({}),
      number.map((trial) => ({ trial })),
      fc.record({ file: name, number }).map((report) => ({ report })),
    ),
  })
  .map(({ open, ...rest }): Route => ({ page: 'context', ...rest, ...open }));
const routes: fc.Arbitrary<Route> = fc.oneof(
  fc.constant<Route>({ page: 'overview' }),
  name.map((fit): Route => ({ page: 'fit', name: fit })),
  contextRoutes,
);

describe('addresses', () => {
  it('bring back every route', () => {
    fc.assert(
      fc.property(routes, (route) => {
        const { search: query, hash } = new URL(routeHref(route), 'http://127.0.0.1/');
        expect(hash).toBe('');
        expect(parseRoute(query)).toEqual(route);
      }),
      { seed: 11 },
    );
  });

  it('are relative, so that a prefix before the page stays', () => {
    fc.assert(
      fc.property(routes, (route) => {
        const { pathname } = new URL(routeHref(route), 'http://127.0.0.1/proxy/4000/?tab=chains');
        expect(pathname).toBe('/proxy/4000/');
      }),
      { seed: 12 },
    );
  });

  it('never fail, whatever stands in them', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webQueryParameters(), fc.string()), (query) => {
        const route = parseRoute(`?${query}`);
        expect(parseRoute(new URL(routeHref(route), 'http://127.0.0.1/').search)).toEqual(route);
      }),
      { seed: 13 },
    );
  });

  it.each([
    ['', { page: 'overview' }],
    ['?model=m&setting=else&context=c', { page: 'overview' }],
    ['?model=m&setting=native', { page: 'overview' }],
    ['?model=m&setting=native&context=c&tab=else&trial=0', contextRoute(place('c', 'native'))],
    ['?model=m&setting=native&context=c&trial=-3', contextRoute(place('c', 'native'))],
    ['?model=m&setting=native&context=c&report=2', contextRoute(place('c', 'native'))],
    ['?model=m&setting=native&context=c&file=f&report=x', contextRoute(place('c', 'native'))],
    [
      '?model=m&setting=native&context=c&trial=1&file=f&report=2',
      { ...contextRoute(place('c', 'native')), trial: 1 },
    ],
  ])('that say too little, %s, are read as far as they go', (query, route) => {
    expect(parseRoute(query)).toEqual(route);
  });
});

function place(context: string, setting: Setting = 'instilled') {
  return { model: 'm', setting, context };
}

describe('search', () => {
  const items = ['mountain_hut', 'mountain_bike', 'winter_market'].map((one) => ({
    one,
    title: titleOf(one),
    searchText: searchText(one, 'an agent, not in a market'),
  }));
  const found = (query: string) => search(items, query).map(({ one }) => one);

  it('finds what holds every word, in any order and case', () => {
    expect(found('')).toHaveLength(3);
    expect(found('  HUT mount ')).toEqual(['mountain_hut']);
    expect(found('mountain_b')).toEqual(['mountain_bike']);
    expect(found('agent')).toHaveLength(3);
    expect(found('nothing')).toEqual([]);
  });

  it('puts first what has the words in its title', () => {
    expect(found('market')).toEqual(['winter_market', 'mountain_hut', 'mountain_bike']);
  });

  it('finds no more with another word, and keeps the order of the rest', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string(), fc.string(), (texts, one, other) => {
        const all = texts.map((text) => ({ title: '', searchText: searchText(text) }));
        const first = search(all, one);
        const both = search(all, `${one} ${other}`);
        expect(both.every((item) => first.includes(item))).toBe(true);
        expect([...first].sort((a, b) => all.indexOf(a) - all.indexOf(b))).toEqual(first);
      }),
      { seed: 14 },
    );
  });
});

describe('letters typed into the list', () => {
  const titles = ['Attic', 'Barn', 'Beehive', 'Cellar'];

  it('go to the next title that begins with them, around the end', () => {
    expect(typeahead(titles, 'b', 0)).toBe(1);
    expect(typeahead(titles, 'b', 1)).toBe(2);
    expect(typeahead(titles, 'b', 2)).toBe(1);
    expect(typeahead(titles, 'BE', 1)).toBe(2);
    expect(typeahead(titles, 'be', 2)).toBe(2);
    expect(typeahead(titles, 'x', 0)).toBeUndefined();
    expect(typeahead([], 'x', 0)).toBeUndefined();
  });
});

describe('the rows that are drawn', () => {
  const number = (max: number) => fc.double({ min: 0, max, noNaN: true });

  it('hold every row in sight, and few more, however long the list is', () => {
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.double({ min: 1, max: 100, noNaN: true }),
        number(1e6),
        number(4000),
        (rows, rowHeight, scrollTop, height) => {
          const { first, end } = listWindow(rows, rowHeight, scrollTop, height);
          expect(first).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThanOrEqual(rows);
          expect(end - first).toBeLessThanOrEqual(height / rowHeight + 14);
          for (const row of [
            Math.floor(scrollTop / rowHeight),
            Math.ceil((scrollTop + height) / rowHeight) - 1,
          ]) {
            if (row >= 0 && row < rows) expect(first <= row && row < end).toBe(true);
          }
        },
      ),
      { seed: 15 },
    );
  });

  it('are none before the height of a row is known', () => {
    expect(listWindow(400, 0, 0, 600)).toEqual({ first: 0, end: 0 });
    expect(listWindow(400, Number.NaN, 0, 600)).toEqual({ first: 0, end: 0 });
  });

  it('are scrolled no further than needed', () => {
    expect(scrollToRow(0, 20, 100, 200)).toBe(0);
    expect(scrollToRow(6, 20, 100, 200)).toBe(100);
    expect(scrollToRow(15, 20, 100, 200)).toBe(120);
  });
});

describe('numbers', () => {
  it('have a true minus, no negative zero, and a dash where there is none', () => {
    expect(fixed(-1.256, 2)).toBe('−1.26');
    expect(fixed(-0.001, 2)).toBe('0.00');
    expect(fixed(null, 2)).toBe('–');
    expect(fixed(Number.NaN, 2)).toBe('–');
    expect(intervalText([-0.5, null], 1)).toBe('[−0.5, –]');
    expect(intervalText(null, 1)).toBe('');
    expect(valueText(-12345.5)).toBe('−12,345.5');
  });

  it('read back as they were, to the decimals that are shown', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.nat(6), (value, decimals) => {
        const read = Number(fixed(value, decimals).replace('−', '-'));
        expect(read).toBeCloseTo(value, decimals - 0.31);
      }),
      { seed: 16 },
    );
  });

  it('names are written as people do', () => {
    expect(titleOf('mountain_hut')).toBe('Mountain hut');
    expect(titleOf('__')).toBe('__');
  });
});

function entry(changes: Partial<FitEntry> = {}): FitEntry {
  return {
    name: 'fit',
    kind: 'weights',
    model: MODEL,
    setting: 'instilled',
    context: 'attic',
    warnings: [],
    diagnostics: {
      max_rhat: 1,
      min_ess_bulk: 1000,
      min_ess_tail: 1000,
      divergences: 0,
      max_depth_hits: 0,
      min_ebfmi: 1,
      pareto_k: null,
    },
    ...changes,
  };
}

describe('a figure of the paper', () => {
  const fits = [
    entry({ name: `${MODEL}/instilled/reports` }),
    entry({ name: `${MODEL}/instilled/reports`, kind: 'correlation', context: undefined }),
    entry({ name: 'effect/native', kind: 'effect', model: undefined, context: undefined }),
  ];
  it('leads to its fit, where there is one', () => {
    const found = (figure: string, model: string | null) => fitOfFigure({ figure, model }, fits);
    expect(found('reports, instilled', MODEL)).toBe(fits[1]);
    expect(found('effect of introspection training, native', null)).toBe(fits[2]);
    expect(found('reports, native', MODEL)).toBeNull();
    expect(found('reports, instilled', 'other')).toBeNull();
    expect(found('invalid reports, %', MODEL)).toBeNull();
  });
});

describe('keys', () => {
  const study = studyOf(
    { folder: '', pictures: [], result: {} as never },
    { fits: [entry(), entry({ context: cellar.name })] },
    { contexts: [attic, cellar] },
  );
  const here = contextRoute({ model: MODEL, setting: 'instilled', context: 'attic' }, 'pairs');

  it('lead to the neighbours in the list, the tabs and the overview', () => {
    expect(routeOfKey('j', here, study)).toEqual({ ...here, context: cellar.name });
    expect(routeOfKey('k', here, study)).toBeNull();
    expect(routeOfKey('2', here, study)).toEqual({ ...here, tab: 'chains' });
    expect(routeOfKey('9', here, study)).toBeNull();
    expect(routeOfKey('o', here, study)).toEqual({ page: 'overview' });
    expect(routeOfKey('j', { page: 'overview' }, study)).toBeNull();
    expect(routeOfKey('x', here, study)).toBeNull();
  });
});
