/**
 * The options that all plots of draws share, and the check of the draws themselves: what cannot
 * be drawn soundly is refused in one line that says why.
 */
import { WeighbridgeError } from '../errors.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { printable } from './label.js';
import type { ThemeName } from './theme.js';

export interface PlotOptions {
  /** In pixels; a picture grows beyond it rather than clip a name. */
  readonly width?: number;
  /** In pixels; by default what the number of parameters needs. */
  readonly height?: number;
  /** Names of those to be drawn, in that order; all of them, where absent. */
  readonly parameters?: readonly string[];
  /** Mass of the highest-density interval. */
  readonly hdiMass?: number;
  readonly title?: string;
  readonly theme?: ThemeName;
}

/** One parameter's draws as they are plotted. */
export interface PlottedParameter {
  readonly name: string;
  /** Chain after chain. */
  readonly values: Float64Array;
}

export const DEFAULT_WIDTH = 720;
export const DEFAULT_HDI_MASS = 0.95;

export function badArgument(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-argument', message);
}

/** The parameters that are asked for. @throws WeighbridgeError `bad-argument` */
export function plottedParameters(draws: Draws, options: PlotOptions): PlottedParameter[] {
  checkShape(draws);
  checkSize('width', options.width);
  checkSize('height', options.height);
  return chosenParameters(draws, options.parameters).map((index) => {
    const name = printable(draws.parameterNames[index] ?? '');
    const values = parameterDraws(draws, index);
    checkFinite(name, values, draws.drawsPerChain);
    return { name, values };
  });
}

/** @throws WeighbridgeError `bad-argument` where so few draws have no interval of that mass */
export function hdiMassOf({ hdiMass = DEFAULT_HDI_MASS }: PlotOptions, draws: number): number {
  if (!(hdiMass > 0 && hdiMass < 1)) {
    throw badArgument(`hdiMass is a number between 0 and 1, not ${hdiMass}`);
  }
  const needed = Math.ceil(1 / (1 - hdiMass));
  if (draws < needed || Math.ceil(hdiMass * draws) < 2) {
    throw badArgument(
      `too few draws for an HDI of mass ${hdiMass}: ${draws}, of ${needed} at least`,
    );
  }
  return hdiMass;
}

function chosenParameters(draws: Draws, chosen?: readonly string[]): number[] {
  const { parameterNames } = draws;
  if (chosen === undefined) return parameterNames.map((_, index) => index);
  if (chosen.length === 0) throw badArgument('parameters is empty: name one at least');
  return chosen.map((name) => parameterIndex(parameterNames, name));
}

/** @throws WeighbridgeError `bad-argument` where there is no parameter of that name */
export function parameterIndex(parameterNames: readonly string[], name: string): number {
  const index = parameterNames.indexOf(name);
  if (index === -1) {
    throw badArgument(`no parameter '${name}' in these draws: they have ${some(parameterNames)}`);
  }
  return index;
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

function checkShape({ parameterNames, chains, drawsPerChain, values }: Draws): void {
  const parameters = parameterNames.length;
  if (!(parameters > 0 && chains > 0 && drawsPerChain > 0)) {
    throw badArgument(
      `no draws to plot: ${chains} chains of ${drawsPerChain} draws of ${parameters} parameters`,
    );
  }
  if (values.length !== chains * drawsPerChain * parameters) {
    throw badArgument(
      `${values.length} values are not ${chains} chains of ${drawsPerChain} draws of ${parameters} parameters`,
    );
  }
}

export function checkSize(name: string, size: number | undefined): void {
  if (size !== undefined && !(size >= 80 && size <= 20_000)) {
    throw badArgument(`${name} is a number of pixels from 80 to 20000, not ${size}`);
  }
}

function checkFinite(name: string, values: Float64Array, drawsPerChain: number): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return;
  const chain = Math.floor(at / drawsPerChain) + 1;
  throw badArgument(
    `'${name}' cannot be plotted: draw ${(at % drawsPerChain) + 1} of chain ${chain} is ${values[at]}`,
  );
}

/** Whether each draw, chain after chain, came from a divergent transition. */
export type DivergentDraws = ArrayLike<number | boolean>;

/** Indices of the draws that diverged. @throws WeighbridgeError `bad-argument` on a wrong length */
export function divergentIndices(
  { chains, drawsPerChain }: Draws,
  divergent: DivergentDraws | undefined,
): number[] {
  if (divergent === undefined) return [];
  if (divergent.length !== chains * drawsPerChain) {
    throw badArgument(
      `divergent holds ${divergent.length} entries, not one for each of ${chains * drawsPerChain} draws`,
    );
  }
  return Array.from(divergent, Number).flatMap((flag, index) => (flag ? [index] : []));
}
