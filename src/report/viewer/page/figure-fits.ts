/** Which fit a figure of the paper comes from: a result names both, and this is how they go together. */
import type { FitEntry, ResultReply } from '../wire.js';

type Figure = ResultReply['result']['figures'][number];

/** Names of fits, less the model; those of effects are of all models. */
const fitNames: Readonly<Record<string, string>> = {
  'learned vs target weights': 'learned_vs_target',
  'reports, instilled': 'instilled/reports',
  'off-the-shelf reports, instilled': 'instilled/off_the_shelf_reports',
  'trained reports, instilled': 'instilled/trained_reports',
  'reports, native': 'native/reports',
  'trained reports, native': 'native/trained_reports',
  'effect of introspection training, instilled': 'effect/instilled',
  'effect of introspection training, native': 'effect/native',
  'reports vs target weights, before training': 'before',
  'reports vs target weights, after training': 'after',
};

/** null for a figure that no regression is behind, such as a percentage. */
export function fitOfFigure(
  { figure, model }: Pick<Figure, 'figure' | 'model'>,
  fits: readonly FitEntry[],
): FitEntry | null {
  const name = fitNames[figure];
  if (name === undefined) return null;
  const whole = model === null ? name : `${model}/${name}`;
  return fits.find((fit) => fit.kind !== 'weights' && fit.name === whole) ?? null;
}
