/** How the three stages of training look, wherever they are shown. */
import { okabeIto } from '../../plots/theme.js';
import type { Condition } from './study-figure.js';

/** In the order of training. */
export const conditions: readonly Condition[] = [
  'off-the-shelf',
  'before training',
  'after training',
];

const COLOURS: Readonly<Record<Condition, string>> = {
  'off-the-shelf': '#999999',
  'before training': okabeIto.orange,
  'after training': okabeIto.blue,
};

export function conditionColour(condition: Condition | undefined): string {
  return COLOURS[condition ?? 'after training'];
}
