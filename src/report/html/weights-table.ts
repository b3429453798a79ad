/**
 * The weights of every context, an attribute a row, with their intervals drawn on one scale.
 */
import type { ContextRecord, ResultDocument } from '../result-folder/format.js';
import { splitKey } from '../result-folder/key.js';
import { breakable, type Cell, type Column, dataTable, type Html } from './data-table.js';
import { fixed, intervalText } from './number.js';

const columns: readonly Column[] = [
  { label: 'Context', kind: 'text', width: '16%' },
  { label: 'Attribute', kind: 'text', width: '19%' },
  { label: 'Model', kind: 'text', pick: true, width: '10%' },
  { label: 'Setting', kind: 'text', pick: true, width: '8%' },
  { label: 'Target', kind: 'number', hint: 'The weight that was instilled', width: '7%' },
  {
    label: 'Weight',
    kind: 'number',
    hint: 'Posterior mean, scaled to a largest absolute value of 100 in each context',
    width: '7%',
  },
  { label: 'Slope', kind: 'number', hint: 'Posterior mean of the regression', width: '7%' },
  { label: '95% HDI', kind: 'number', hint: 'Of the slope; sorts by its width', width: '12%' },
  { label: 'Slope and HDI', kind: 'drawing', width: '14%' },
];

export function weightsTable(
  { weights }: ResultDocument,
  contexts: readonly ContextRecord[],
  modelName: (model: string) => string,
): Html {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  const place = scaleOf(weights);
  const rows = Object.entries(weights).flatMap(([key, ofModel]) => {
    const { model, setting } = splitKey(key);
    return ofModel.flatMap(({ scenario, b, scaled, hdi }) => {
      const context = byName.get(scenario);
      return b.map((slope, i): Cell[] => {
        const [low, high] = hdi[i] ?? [null, null];
        const target = setting === 'instilled' ? (context?.target?.[i] ?? null) : null;
        return [
          { text: breakable(scenario) },
          { text: breakable(context?.attributes[i]?.name ?? `attribute ${i + 1}`) },
          { text: modelName(model) },
          { text: setting },
          { text: target === null ? '' : fixed(target, 0), value: target },
          { text: fixed(scaled[i], 0), value: scaled[i] ?? null, class: 'strong' },
          { text: fixed(slope, 2), value: slope },
          {
            text: intervalText([low, high], 2),
            value: low === null || high === null ? null : high - low,
          },
          { text: '', style: `--low:${place(low)};--high:${place(high)};--mean:${place(slope)}` },
        ];
      });
    });
  });
  return dataTable({
    id: 'weights',
    caption:
      'Weights that choices reveal: a logistic regression for each context, one row an attribute',
    columns,
    rows,
  });
}

/** From 0 to 1, zero in the middle, the same for all rows. */
function scaleOf(weights: ResultDocument['weights']): (value: number | null) => string {
  const ends = Object.values(weights).flatMap((ofModel) =>
    ofModel.flatMap(({ hdi }) => hdi.flat().map((end) => Math.abs(end ?? 0))),
  );
  const largest = ends.reduce((most, end) => Math.max(most, end), 0) || 1;
  return (value) => (0.5 + (value ?? 0) / largest / 2).toFixed(3);
}
