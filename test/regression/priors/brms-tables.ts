/** Tables of priors that brms made (test/reference/default-priors.R), with the models they are of. */
import { readFileSync } from 'node:fs';
import type { Family } from '../../../models/families/family.js';
import type { GroupEffects } from '../../../models/regression-data.js';
import type { PriorModel } from '../../../src/regression/priors/default-rows.js';

export interface BrmsRow {
  readonly prior: string;
  readonly class: string;
  readonly coef: string;
  readonly group: string;
  readonly lb: string;
  readonly ub: string;
  readonly source?: string;
}

interface Case extends Family {
  readonly formula: string;
  readonly outcome: string;
  readonly rows: readonly Required<BrmsRow>[];
}

interface Reference {
  readonly data: Readonly<Record<string, readonly number[]>>;
  readonly outcomes: Readonly<Record<string, readonly number[]>>;
  readonly defaults: readonly Case[];
  /** Lines of the printed default priors of `y ~ x1 + (1 + x1 | g)`, outcome wide. */
  readonly printed: readonly string[];
  readonly resolved: readonly (Case & { readonly given: readonly BrmsRow[] })[];
}

const file = new URL('../../reference/default-priors.json', import.meta.url);
const reference: Reference = JSON.parse(readFileSync(file, 'utf8'));
export const { printed } = reference;

/** The tables are from brms 2.18; since 2.21 the default for the shape of negbinomial is another (#1614). */
function ofToday<C extends Case>(given: C): C {
  const rows = given.rows.map((row) =>
    row.class === 'shape' && row.source === 'default'
      ? { ...row, prior: 'inv_gamma(0.4, 0.3)' }
      : row,
  );
  return { ...given, rows };
}
export const defaults = reference.defaults.map(ofToday);
export const resolved = reference.resolved.map(ofToday);

interface Shape {
  readonly intercept?: false;
  readonly names?: readonly string[];
  readonly groups?: readonly Pick<GroupEffects, 'group' | 'coefficients' | 'correlated'>[];
  readonly offset?: (w: number) => number;
}

const term = (group: string, coefficients: readonly string[]) => ({
  group,
  coefficients,
  correlated: true,
});

const formulas: Readonly<Record<string, Shape>> = {
  'y ~ 1': {},
  'y ~ x1 * x2': { names: ['x1', 'x2', 'x1:x2'] },
  'y ~ x1 + (1 + x1 | g)': { names: ['x1'], groups: [term('g', ['Intercept', 'x1'])] },
  'y | trials(trials) ~ x1 + (1 | g)': { names: ['x1'], groups: [term('g', ['Intercept'])] },
  'y ~ x1 * x2 + (1 + x1 | g) + (x2 || h)': {
    names: ['x1', 'x2', 'x1:x2'],
    groups: [
      term('g', ['Intercept', 'x1']),
      { ...term('h', ['Intercept', 'x2']), correlated: false },
    ],
  },
  'y ~ 0 + x1 + (1 | h) + (0 + x2 | h)': {
    intercept: false,
    names: ['x1'],
    groups: [term('h', ['Intercept']), term('h', ['x2'])],
  },
  'y ~ x1 + offset(log(w))': { names: ['x1'], offset: Math.log },
  'y ~ 0 + x1 + offset(w)': { intercept: false, names: ['x1'], offset: (w) => w },
};

/** What of the model the priors depend on. */
export function modelOf({ formula, outcome }: Pick<Case, 'formula' | 'outcome'>): PriorModel {
  const { intercept = true, names = [], groups = [], offset } = formulas[formula] ?? {};
  const outcomes = Float64Array.from(reference.outcomes[outcome] ?? []);
  const rows = outcomes.length;
  return {
    outcomes,
    offset: offset ? Float64Array.from(reference.data.w ?? [], offset) : null,
    intercept,
    predictors: { names, rows, values: new Float64Array(rows * names.length) },
    groups: groups.map((group) => ({
      ...group,
      levels: [],
      levelOf: new Int32Array(rows),
      values: new Float64Array(rows * group.coefficients.length),
    })),
  };
}
