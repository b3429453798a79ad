/** Data of other sizes: the pilot's rows in rounds, copies of its groups, nested designs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { resampled, variedFactor } from '../../src/planning/resample.js';
import { prepare } from '../../src/regression/prepare.js';

/** x differs by row, t by school, classes are nested in schools, testers are crossed with them. */
function pilot(schools: number, perSchool: number): RegressionSpecification {
  const rows = Array.from({ length: schools * perSchool }, (_, i) => {
    const school = Math.floor(i / perSchool);
    return {
      y: Math.sin(i * 13),
      x: i,
      t: school % 2,
      school: `s${school}`,
      class: `c${i % 2}`,
      tester: `t${(i + school) % 3}`,
    };
  });
  return prepare({ formula: 'y ~ x + t + (1 + x | school/class) + (1 | tester)', data: rows })
    .specification;
}

const column = ({ data }: RegressionSpecification, name: string) => {
  const { names, values } = data.predictors;
  const at = names.indexOf(name);
  return Array.from({ length: data.rows }, (_, i) => values[i * names.length + at] ?? Number.NaN);
};
const term = ({ data }: RegressionSpecification, name: string) => {
  const found = data.groups.find(({ group }) => group === name);
  if (!found) throw new RangeError(`no group ${name}`);
  return found;
};
const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);

const sizes = fc.record({
  schools: fc.integer({ min: 2, max: 6 }),
  perSchool: fc.integer({ min: 4, max: 9 }),
  copies: fc.integer({ min: 2, max: 15 }),
  each: fc.integer({ min: 1, max: 20 }),
  seed: fc.integer(),
});

describe('resampled data', () => {
  it("are the pilot's at its size", () => {
    fc.assert(
      fc.property(sizes, ({ schools, perSchool, seed }) => {
        const specification = pilot(schools, perSchool);
        const factor = variedFactor(specification.data, 'school');
        const same = { rows: schools * perSchool, groups: schools };
        for (const one of [factor, null]) {
          const again = resampled(specification, one, same, [seed]);
          expect(ascending(column(again, 'x'))).toEqual(column(specification, 'x'));
        }
      }),
      { seed: 2025, numRuns: 40 },
    );
  });

  it('keep what is constant within groups, nest classes in copies, and leave crossed factors', () => {
    fc.assert(
      fc.property(sizes, ({ schools, perSchool, copies, each, seed }) => {
        const specification = pilot(schools, perSchool);
        const factor = variedFactor(specification.data, 'school');
        const design = { rows: copies * each, groups: copies };
        const made = resampled(specification, factor, design, [seed]);
        const school = term(made, 'school');
        expect(school.levels).toHaveLength(copies);
        const treatment = new Map<number, number>();
        const classOf = new Map<number, number>();
        column(made, 't').forEach((t, row) => {
          const level = school.levelOf[row] ?? -1;
          expect(t).toBe(treatment.get(level) ?? t);
          treatment.set(level, t);
          const inner = term(made, 'school:class').levelOf[row] ?? -1;
          expect(classOf.get(inner) ?? level).toBe(level);
          classOf.set(inner, level);
        });
        expect(term(made, 'tester').levels.length).toBeLessThanOrEqual(3);
        // Slopes that vary have the rows' own values.
        const x = column(made, 'x');
        expect(x).toEqual(x.map((_, i) => school.values[2 * i + 1]));
        // Each copy has as many rows as the others.
        const counts = new Map<number, number>();
        for (const level of school.levelOf) counts.set(level, (counts.get(level) ?? 0) + 1);
        expect([...counts.values()].every((count) => count === each)).toBe(true);
      }),
      { seed: 2025, numRuns: 40 },
    );
  });

  it('contain those of fewer rows', () => {
    fc.assert(
      fc.property(sizes, ({ schools, perSchool, copies, each, seed }) => {
        const specification = pilot(schools, perSchool);
        for (const factor of [variedFactor(specification.data, 'school'), null]) {
          const x = (rows: number) =>
            column(resampled(specification, factor, { rows, groups: copies }, [seed]), 'x');
          const few = x(copies * each);
          expect(x(copies * (each + 3)).slice(0, few.length)).toEqual(few);
        }
      }),
      { seed: 2025, numRuns: 40 },
    );
  });

  it('vary the factor in which others are nested, unless one is named', () => {
    const nested = prepare({
      formula: 'y ~ 1 + (1 | g/h)',
      data: Array.from({ length: 12 }, (_, i) => ({ y: i % 5, g: `g${i % 3}`, h: `h${i % 2}` })),
    }).specification.data;
    expect(variedFactor(nested, undefined)?.group).toBe('g');
    expect(variedFactor(nested, 'g:h')?.group).toBe('g:h');
    expect(() => variedFactor(nested, 'k')).toThrow(/no grouping factor 'k', but g, g:h/);
    const { data } = pilot(3, 6);
    expect(variedFactor(data, undefined)).toBeNull();
    const none = prepare({ formula: 'y ~ x', data: { y: [1, 2, 4], x: [1, 2, 3] } });
    expect(variedFactor(none.specification.data, undefined)).toBeNull();
    expect(() => variedFactor(none.specification.data, 'g')).toThrow(/it has none/);
  });
});
