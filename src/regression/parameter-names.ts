/**
 * Which reported parameter a name of the user's means: its whole name, or that of a coefficient
 * without `b_`, as brms' `hypothesis` takes them.
 */
import { didYouMean, listed } from '../formula/names.js';
import { badArgument, textsOf } from './check-options.js';

/** The whole names. @throws WeighbridgeError `bad-argument` where there is no such parameter */
export function parametersNamed(asked: unknown, names: readonly string[]): readonly string[] {
  return textsOf('a parameter', asked, 'b_x').map((name) => {
    const found = [name, `b_${name}`].find((candidate) => names.includes(candidate));
    if (found !== undefined) return found;
    const short = names.map((one) => one.replace(/^b_/, ''));
    throw badArgument(
      `no parameter '${name}' in this fit${didYouMean(name, [...names, ...short])}: it has ${listed(names)}`,
    );
  });
}
