/**
 * A family of a user's own:
 *
 *     y_i ~ p(y | μ_i, θ),   g(μ_i) = η_i,   θ the parameters that the family names, each with its range and prior
 *
 * where log p, the mean of y and a draw of y are programs (program.ts) of y, mu, trials and θ. The derivatives of log p
 * are exact. All constants belong to log p: LOO and WAIC compare it with other families'.
 */
import { badArgument, described, isRecord } from '../../src/checks/values.js';
import { requirePrior } from '../prior-distributions.js';
import { type FamilyByRows, type RowDensity, setBoth } from './by-rows.js';
import {
  type CustomFamily,
  customOf,
  customOutcomes,
  type Family,
  isOwnName,
  type OwnParameter,
} from './family.js';
import { isProgram, type Program, RunningProgram } from './program.js';

/** 1 − μ of a probability, with its own digits: an input of programs beside `mu`. */
export const REST = '1 - mu';

/** Inputs of a family's programs, those with derivatives first: μ, θ, and 1 − μ. */
function variablesOf({ parameters }: CustomFamily): string[] {
  return ['mu', ...parameters.map(({ name }) => name), REST];
}

/**
 * Names that programs of a family can use.
 *
 * @param hasOutcome true for the log density
 */
export function inputsOf(
  family: Pick<CustomFamily, 'parameters' | 'mean' | 'outcome'>,
  hasOutcome: boolean,
): string[] {
  return [
    ...(hasOutcome ? ['y'] : []),
    'mu',
    ...family.parameters.map(({ name }) => name),
    ...(family.outcome === 'binomial' ? ['trials'] : []),
    ...(family.mean === 'probability' ? [REST] : []),
  ];
}

function customDensity(custom: CustomFamily): RowDensity {
  const variables = variablesOf(custom);
  const count = variables.length;
  const width = count - 1;
  const shared = custom.parameters.map(({ name }) => name);
  const names = [...variables, 'y', 'trials'];
  const program = new RunningProgram(custom.logDensity, names, count, shared);
  const inputs = new Float64Array(count + 2);
  const gradient = new Float64Array(count);
  const hessian = new Float64Array(count * count);
  const evaluate = (y: number, trials: number, mu: number, rest: number): number => {
    inputs[0] = mu;
    inputs[width] = rest;
    inputs[count] = y;
    inputs[count + 1] = trials;
    return program.value(inputs);
  };
  return {
    prepare(aux) {
      inputs.set(aux, 1);
      program.share(inputs);
    },
    logDensity(y, trials, mu, rest, slopes) {
      const value = evaluate(y, trials, mu, rest);
      if (slopes) {
        program.writeGradient(gradient);
        for (let a = 0; a < width; a++) slopes[a] = gradient[a];
        // 1 − μ falls as μ rises.
        slopes[0] -= gradient[width];
      }
      return value;
    },
    secondDerivatives(y, trials, mu, rest, target) {
      evaluate(y, trials, mu, rest);
      program.writeHessian(hessian);
      const by = (a: number, b: number): number => hessian[a * count + b];
      target[0] = by(0, 0) - 2 * by(0, width) + by(width, width);
      for (let a = 1; a < width; a++) {
        setBoth(target, width, 0, a, by(0, a) - by(width, a));
        for (let b = 1; b < width; b++) target[a * width + b] = by(a, b);
      }
    },
    constant: () => 0,
  };
}

/** Runs a program without an outcome at μ, θ and trials. */
function atLocation(custom: CustomFamily, program: Program) {
  const variables = variablesOf(custom);
  const running = new RunningProgram(program, [...variables, 'trials'], 0);
  const inputs = new Float64Array(variables.length + 1);
  return (
    mu: number,
    aux: ArrayLike<number>,
    trials: number,
    random?: Parameters<RunningProgram['value']>[1],
  ): number => {
    inputs[0] = mu;
    inputs.set(aux, 1);
    inputs[variables.length - 1] = 1 - mu;
    inputs[variables.length] = trials;
    return running.value(inputs, random);
  };
}

/** The parts of a family by rows (by-rows.ts). */
export function customFamilyByRows(family: Family): FamilyByRows {
  const custom = customOf(family);
  const { expected, random: generator } = custom;
  const draw = generator && atLocation(custom, generator);
  return {
    density: () => customDensity(custom),
    simulateAt(mu, aux, trials, random) {
      if (draw) return draw(mu, aux, trials, random);
      throw badArgument(
        `the family ${custom.name} draws no outcomes: give customFamily random, for example 'rnorm(mu, sigma)'`,
      );
    },
    expected: (outcome, trials) => expectedOutcome(custom, outcome, trials),
    ...(expected && {
      means: (aux: readonly Float64Array[]) => {
        const mean = atLocation(custom, expected);
        const own = new Float64Array(aux.length);
        return (locations: Float64Array, trials: number) => {
          for (let s = 0; s < locations.length; s++) {
            for (let a = 0; a < own.length; a++) own[a] = aux[a][s];
            locations[s] = mean(locations[s], own, trials);
          }
        };
      },
    }),
  };
}

function expectedOutcome(
  { outcome: kind, lower, upper }: CustomFamily,
  outcome: number,
  trials: number,
): string | null {
  const most = kind === 'binary' ? 1 : kind === 'binomial' ? trials : Number.POSITIVE_INFINITY;
  const least = kind === 'real' ? Number.NEGATIVE_INFINITY : 0;
  const from = Math.max(least, lower ?? least);
  const to = Math.min(most, upper ?? most);
  const isWhole = kind === 'real' ? Number.isFinite(outcome) : Number.isSafeInteger(outcome);
  if (isWhole && outcome >= from && outcome <= to) return null;
  const what = kind === 'real' ? 'a finite number' : 'a whole number';
  return [
    what,
    ...(from > Number.NEGATIVE_INFINITY ? [`from ${from}`] : []),
    ...(to < Number.POSITIVE_INFINITY ? [`to ${to}`] : []),
  ].join(' ');
}

/** Range of mu by its link. */
const means: Readonly<Record<string, CustomFamily['mean']>> = {
  identity: 'any',
  log: 'positive',
  inverse: 'positive',
  sqrt: 'positive',
  logit: 'probability',
  probit: 'probability',
  cloglog: 'probability',
  cauchit: 'probability',
};

/** The range of mu under a link; undefined for a link that a family of a user's own cannot have. */
export function meanOfLink(link: unknown): CustomFamily['mean'] | undefined {
  return typeof link === 'string' && Object.hasOwn(means, link) ? means[link] : undefined;
}

/**
 * A family of a user's own from plain data, as a file or another thread has it.
 *
 * @throws WeighbridgeError `bad-argument`
 */
export function requireCustom(given: unknown, link: unknown): CustomFamily {
  const fail = (what: string): never => {
    throw badArgument(
      `a family of your own is incomplete: ${what}; make it by customFamily({ … })`,
    );
  };
  if (!isRecord(given)) return fail(`custom is ${described(given)}, expected a record`);
  const { name, logDensity, expected, random } = given;
  const outcome = customOutcomes.find((one) => one === given.outcome);
  const mean = meanOfLink(link);
  const parameters = Array.isArray(given.parameters)
    ? given.parameters.map(requireParameter)
    : null;
  if (typeof name !== 'string' || !outcome || !mean || !parameters) {
    return fail('expected its name, outcome, link and parameters');
  }
  const family = { name, outcome, mean, parameters };
  if (!isProgram(logDensity, inputsOf(family, true), false))
    return fail('logDensity is no program');
  const inputs = inputsOf(family, false);
  const hasMean = isProgram(expected, inputs, false);
  const isDrawn = isProgram(random, inputs, true);
  if (expected !== undefined && !hasMean) return fail('expected is no program');
  if (random !== undefined && !isDrawn) return fail('random is no program');
  return {
    ...family,
    ...endsOf(given),
    logDensity,
    ...(hasMean && { expected }),
    ...(isDrawn && { random }),
  };
}

function endsOf({ lower, upper }: Readonly<Record<string, unknown>>) {
  return {
    ...(typeof lower === 'number' && { lower }),
    ...(typeof upper === 'number' && { upper }),
  };
}

function requireParameter(given: unknown): OwnParameter {
  const name = isRecord(given) ? given.name : undefined;
  if (!isRecord(given) || typeof name !== 'string' || !isOwnName(name)) {
    throw badArgument(
      `a parameter of a family is ${described(given)}, expected its name, range and prior`,
    );
  }
  requirePrior(given.prior, name);
  return { name, ...endsOf(given), prior: given.prior };
}
