/**
 * The options that all plots of draws share, and the checks of options and draws.
 */
import { listed } from '../checks/names.js';
import { badArgument } from '../checks/values.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { printable } from './label.js';
import type { ThemeName } from './theme.js';

export interface PlotOptions {
  /** In pixels; a picture is wider if a name needs the room. @default 720 */
  readonly width?: number;
  /** In pixels. @default what the number of parameters needs */
  readonly height?: number;
  /** Names of the parameters to draw, in this order. @default all of them */
  readonly parameters?: readonly string[];
  /** Probability mass of the highest-density interval. @default 0.95 */
  readonly mass?: number;
  readonly title?: string;
  /** @default 'light' */
  readonly theme?: ThemeName;
}

/** The draws of one parameter. */
export interface PlottedParameter {
  readonly name: string;
  /** Chain after chain. */
  readonly values: Float64Array;
}

export const DEFAULT_WIDTH = 720;

/** The parameters to draw. @throws WeighbridgeError `bad-argument` */
export function plottedParameters(draws: Draws, options: PlotOptions): PlottedParameter[] {
  requireShape(draws);
  requireSize('width', options.width);
  requireSize('height', options.height);
  const { parameterNames } = draws;
  const chosen = options.parameters?.map((name) => parameterIndex(parameterNames, name));
  if (chosen?.length === 0) throw badArgument('parameters is empty, expected at least one name');
  return (chosen ?? parameterNames.map((_, index) => index)).map((index) => {
    const name = printable(parameterNames[index] ?? '');
    const values = parameterDraws(draws, index);
    requireFinite(name, values, draws.drawsPerChain);
    return { name, values };
  });
}

/** @throws WeighbridgeError `bad-argument` if so few draws have no interval of that mass */
export function intervalMass({ mass = 0.95 }: PlotOptions, draws: number): number {
  if (!(mass > 0 && mass < 1)) {
    throw badArgument(`mass is ${mass}, expected a number in (0, 1)`, { option: 'mass' });
  }
  const needed = Math.ceil(1 / (1 - mass));
  if (draws < needed || Math.ceil(mass * draws) < 2) {
    throw badArgument(
      `too few draws for an HDI of mass ${mass}: found ${draws}, expected at least ${needed}`,
    );
  }
  return mass;
}

/** @throws WeighbridgeError `bad-argument` if no parameter has that name */
export function parameterIndex(parameterNames: readonly string[], name: string): number {
  const index = parameterNames.indexOf(name);
  if (index === -1) {
    throw badArgument(`no parameter '${name}' in these draws: they have ${listed(parameterNames)}`);
  }
  return index;
}

/** @throws WeighbridgeError `bad-argument` */
function requireShape({ parameterNames, chains, drawsPerChain, values }: Draws): void {
  const size = `${chains} chains of ${drawsPerChain} draws of ${parameterNames.length} parameters`;
  if (!(parameterNames.length > 0 && chains > 0 && drawsPerChain > 0)) {
    throw badArgument(`no draws to plot: ${size}`);
  }
  if (values.length !== chains * drawsPerChain * parameterNames.length) {
    throw badArgument(`${values.length} values are not ${size}`);
  }
}

/** @throws WeighbridgeError `bad-argument` */
export function requireSize(option: string, size: number | undefined): void {
  if (size !== undefined && !(size >= 80 && size <= 20_000)) {
    throw badArgument(`${option} is ${size}, expected a number of pixels from 80 to 20000`, {
      option,
    });
  }
}

/** @throws WeighbridgeError `bad-argument` */
export function requireCount(
  option: string,
  count: number,
  most = Number.POSITIVE_INFINITY,
): number {
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  const range = Number.isFinite(most) ? `from 1 to the ${most} draws` : 'above 0';
  throw badArgument(`${option} is ${count}, expected a whole number ${range}`, { option });
}

function requireFinite(name: string, values: Float64Array, drawsPerChain: number): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return;
  const chain = Math.floor(at / drawsPerChain) + 1;
  throw badArgument(
    `'${name}' cannot be plotted: draw ${(at % drawsPerChain) + 1} of chain ${chain} is ${values[at]}`,
  );
}

/** Whether each draw, chain after chain, came from a divergent transition. */
export type DivergentDraws = ArrayLike<number | boolean>;

/** Indices of the divergent draws. @throws WeighbridgeError `bad-argument` on a wrong length */
export function divergentIndices(
  { chains, drawsPerChain }: Draws,
  divergent: DivergentDraws | undefined,
): number[] {
  if (divergent === undefined) return [];
  if (divergent.length !== chains * drawsPerChain) {
    throw badArgument(
      `divergent has ${divergent.length} entries, expected one for each of the ${chains * drawsPerChain} draws`,
      { option: 'divergent' },
    );
  }
  return Array.from(divergent, Number).flatMap((flag, index) => (flag ? [index] : []));
}
