/**
 * Parameters of a regression as variables with dimensions, the way Python and Stan keep them: a
 * coefficient is a scalar, and the effects r_g[level,coefficient] of all levels of a grouping
 * factor are one variable r_g__coefficient, as long as the factor has levels.
 */
import type { FittedRegression } from '../regression/fitted-regression.js';

export interface ScalarVariable {
  readonly kind: 'scalar';
  readonly name: string;
  /** Place among the draws' parameters. */
  readonly parameter: number;
}

export interface EffectsVariable {
  readonly kind: 'effects';
  /** `r_g__Intercept`. */
  readonly name: string;
  readonly group: string;
  readonly coefficient: string;
  readonly levels: readonly string[];
  /** Places among the draws' parameters, a level each. */
  readonly parameters: readonly number[];
}

export type Variable = ScalarVariable | EffectsVariable;

/** All parameters of a fit, in the order of its draws. */
export function variablesOf({ fit, specification }: FittedRegression): Variable[] {
  const { parameterNames } = fit.draws;
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
 * Found by their places, since a level may hold any character: effects of a group follow each
 * other, all levels of a coefficient before the next coefficient.
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
