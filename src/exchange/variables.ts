/**
 * Names of a regression's parameters in other programs. Python and Stan have variables with
 * dimensions: a coefficient is a scalar; the effects r_g[level,coefficient] of all levels of a
 * grouping factor are one variable r_g__coefficient, with one element per level.
 *
 * Names in the header of a CmdStan CSV file have ASCII letters, digits, underscores, and a dot
 * before each index: `theta.1` is theta[1], `L.2.1` is L[2,1]. brms' names have other characters
 * too: `b_x1:x2`, `r_g[a level,Intercept]`.
 */
import type { FittedRegression } from '../regression/fitted-regression.js';

interface ScalarVariable {
  readonly kind: 'scalar';
  readonly name: string;
  /** Index among the draws' parameters. */
  readonly parameter: number;
}

interface EffectsVariable {
  readonly kind: 'effects';
  /** `r_g__Intercept`. */
  readonly name: string;
  readonly group: string;
  readonly coefficient: string;
  readonly levels: readonly string[];
  /** Indices among the draws' parameters, one per level. */
  readonly parameters: readonly number[];
}

type Variable = ScalarVariable | EffectsVariable;

/** All parameters of a fit, in the order of its draws. */
export function variablesOf({ draws, specification }: FittedRegression): Variable[] {
  const { parameterNames } = draws;
  const effects = effectsOf(parameterNames, specification.data.groups);
  const within = new Set(effects.flatMap(({ parameters }) => parameters));
  const scalars = parameterNames.flatMap((name, parameter): Variable[] =>
    within.has(parameter) ? [] : [{ kind: 'scalar', name, parameter }],
  );
  return [...scalars, ...effects].sort((a, b) => placeOf(a) - placeOf(b));
}

function placeOf(variable: Variable): number {
  return variable.kind === 'scalar' ? variable.parameter : variable.parameters[0];
}

type Groups = FittedRegression['specification']['data']['groups'];

/**
 * Finds group effects by position, since a level may contain any character: the effects of a group
 * are contiguous, with all levels of a coefficient before the next coefficient.
 */
function effectsOf(parameterNames: readonly string[], groups: Groups): EffectsVariable[] {
  const taken = new Map<string, number>();
  return groups.flatMap(({ group, coefficients, levels }) => {
    const places = parameterNames.flatMap((name, place) =>
      name.startsWith(`r_${group}[`) ? [place] : [],
    );
    return coefficients.flatMap((coefficient): EffectsVariable[] => {
      const from = taken.get(group) ?? 0;
      const parameters = places.slice(from, from + levels.length);
      if (levels.length === 0 || parameters.length < levels.length) return [];
      taken.set(group, from + levels.length);
      const name = `r_${group}__${coefficient}`;
      return [{ kind: 'effects', name, group, coefficient, levels, parameters }];
    });
  });
}

/** Columns that are not parameters. */
export const samplerColumns = [
  'lp__',
  'accept_stat__',
  'stepsize__',
  'treedepth__',
  'n_leapfrog__',
  'divergent__',
  'energy__',
] as const;

/**
 * A header name for each parameter of a fit, in the order of its draws: `b_x1_x2`,
 * `r_g__Intercept.1` for the first level of g.
 */
export function cmdstanNames(fitted: FittedRegression): string[] {
  const names: string[] = Array.from({ length: fitted.draws.parameterNames.length });
  const taken = new Set<string>();
  for (const variable of variablesOf(fitted)) {
    const name = distinct(identifier(variable.name), taken);
    if (variable.kind === 'scalar') names[variable.parameter] = name;
    else {
      variable.parameters.forEach((parameter, i) => {
        names[parameter] = `${name}.${i + 1}`;
      });
    }
  }
  return names;
}

/** Removes accents and symbols. Two final underscores would mark a column of the sampler. */
function identifier(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^A-Za-z0-9_]/g, '_')
    .replace(/^(?![A-Za-z])/, 'p')
    .replace(/__$/, '__p');
}

function distinct(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let i = 2; taken.has(candidate); i++) candidate = `${name}_${i}`;
  taken.add(candidate);
  return candidate;
}

/** Converts `theta.1` to theta[1], `L.2.1` to L[2,1]. */
export function indexedName(column: string): string {
  const [name, ...indices] = column.split('.');
  return indices.length === 0 ? column : `${name}[${indices.join(',')}]`;
}
