/**
 * Trials: two options drawn at random within the declared ranges, with the paper's rounding.
 */
import type { Attribute, Context } from './context.js';

/**
 * Decimals of a value: none for a range of 5 or more, one from 1 to 5, and below 1 as many as
 * |floor(log10(range))| + 1.
 */
export function decimalsFor({ min, max }: Attribute): number {
  const range = max - min;
  if (range >= 5) return 0;
  if (range >= 1) return 1;
  return Math.abs(Math.floor(Math.log10(range))) + 1;
}

/** One value for each attribute, uniform in its range. */
export function drawOption(context: Context, random: { uniform(): number }): number[] {
  return context.attributes.map((attribute) => {
    const { min, max } = attribute;
    return Number((min + (max - min) * random.uniform()).toFixed(decimalsFor(attribute)));
  });
}

/** Target weights: uniform on (−100, 100), scaled to a largest absolute value of 100, rounded. */
export function drawTargetWeights(count: number, random: { uniform(): number }): number[] {
  const weights = Array.from({ length: count }, () => 200 * random.uniform() - 100);
  const largest = Math.max(...weights.map(Math.abs));
  // + 0 turns a negative zero into zero.
  return weights.map((weight) => Math.round((weight / largest) * 100) + 0);
}

/** A number as Python prints a float, from 1e-4 to 1e16: whole ones with `.0`. */
export function formatFloat(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
