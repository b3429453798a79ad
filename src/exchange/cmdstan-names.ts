/**
 * Names of parameters as CmdStan writes them in the header of its CSV. Readers of such files take a
 * dot for the start of an index and accept letters of ASCII, digits and underscores: `theta.1` is
 * theta[1], `L.2.1` is L[2,1]. brms' names hold more than that: `b_x1:x2`, `r_g[a level,Intercept]`.
 */
import type { FittedRegression } from '../regression/fitted-regression.js';
import { variablesOf } from './variables.js';

/** Columns that are no parameters. */
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
  const names: string[] = Array.from({ length: fitted.fit.draws.parameterNames.length });
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

/** Without accents and other signs; two underscores at its end would make it a sampler's column. */
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

/** `theta.1` as theta[1], `L.2.1` as L[2,1]. */
export function indexedName(column: string): string {
  const [name, ...indices] = column.split('.');
  return indices.length === 0 ? column : `${name}[${indices.join(',')}]`;
}
