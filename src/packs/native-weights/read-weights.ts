/** Choices and reports of each model from the table of answers, for the analysis `weights`. */
import type { ContextChoices } from '../../analysis/learned-weights.js';
import { badArgument } from '../../checks/values.js';
import type { TableCell } from '../../data-files/table-rows.js';
import type { Choice, Context, WeightReport } from '../../study/context.js';
import type { AnswerColumns } from '../../table-analysis/analyse-table.js';

export interface WeightSettings {
  /** Stage of the choices. */
  readonly choices: string;
  /** Stage of the reports. */
  readonly reports: string;
  /** The answer that stands for option A. */
  readonly optionA: string;
}

/** Numbers of answers of one stage. */
interface Asked {
  readonly asked: number;
  readonly valid: number;
}

export interface ModelAnswers {
  /** The model's name, with the training that it had. */
  readonly name: string;
  readonly groups: readonly ContextChoices[];
  readonly reports: readonly WeightReport[];
  readonly counts: { readonly choices: Asked; readonly reports: Asked };
}

/**
 * In order of first appearance. A model may have choices alone or reports alone.
 * @throws WeighbridgeError `bad-argument` for stages that are not of decision contexts
 */
export function readWeights(columns: AnswerColumns, settings: WeightSettings): ModelAnswers[] {
  const choices = rowsOf(columns, settings.choices, 'choices', 'd_');
  const reports = rowsOf(columns, settings.reports, 'reports', 'value_');
  requireOptions(choices, settings);
  const names = [...new Set([...choices, ...reports].map(({ model }) => model))];
  return names.map((name) => {
    const chosen = choices.filter(({ model }) => model === name);
    const reported = reports.filter(({ model }) => model === name);
    const usable = reported.filter(({ valid }) => valid);
    return {
      name,
      groups: groupsOf(
        chosen.filter(({ valid }) => valid),
        settings.optionA,
      ),
      reports: usable.map(({ context, numbers }) => ({ context, weights: numbers })),
      counts: {
        choices: { asked: chosen.length, valid: chosen.filter(({ valid }) => valid).length },
        reports: { asked: reported.length, valid: usable.length },
      },
    };
  });
}

interface Row {
  readonly model: string;
  readonly context: string;
  readonly valid: boolean;
  readonly value: string;
  /** Differences between the options in ranges, or reported weights: one an attribute. */
  readonly numbers: readonly number[];
}

/** @param prefix of the columns with one number an attribute */
function rowsOf(columns: AnswerColumns, stage: string, what: string, prefix: string): Row[] {
  const numbered = numberedColumns(columns, prefix);
  const cell = (name: string, row: number) => columns.get(name)?.[row] ?? null;
  const rows = (columns.get('stage') ?? []).flatMap((found, row): Row[] => {
    if (found !== stage) return [];
    const training = cell('after', row);
    const model = String(cell('model', row));
    return [
      {
        model: training === null || training === '' ? model : `${model} after ${training}`,
        context: String(cell('context', row) ?? ''),
        valid: cell('valid', row) === true,
        value: String(cell('value', row) ?? ''),
        numbers: numbered.flatMap((cells) => {
          const number = cells[row];
          return typeof number === 'number' ? [number] : [];
        }),
      },
    ];
  });
  const valid = rows.filter((row) => row.valid);
  if (valid.every(({ context, numbers }) => context !== '' && numbers.length > 0)) return rows;
  throw badArgument(
    `the analysis 'weights' needs the columns context and ${prefix}1, ${prefix}2, … of its ${what}, which ${stage} does not have: items of the generator choices, and reports as json with keys_from: attributes`,
  );
}

/** `d_1`, `d_2`, … as far as there are such columns. */
function numberedColumns(columns: AnswerColumns, prefix: string): (readonly TableCell[])[] {
  const found: (readonly TableCell[])[] = [];
  for (;;) {
    const cells = columns.get(`${prefix}${found.length + 1}`);
    if (!cells) return found;
    found.push(cells);
  }
}

/** Throws unless choices are of two options, one of which is A. */
function requireOptions(
  choices: readonly Row[],
  { choices: stage, optionA }: WeightSettings,
): void {
  const values = [...new Set(choices.flatMap(({ valid, value }) => (valid ? [value] : [])))];
  const others = values.filter((value) => value !== optionA);
  if (others.length <= 1 && (values.length <= 1 || values.includes(optionA))) return;
  throw badArgument(
    `the analysis 'weights' needs choices between two options, of which '${optionA}' is A: those of ${stage} are ${values.sort().join(', ')}; option_a names A's`,
  );
}

function groupsOf(rows: readonly Row[], optionA: string): ContextChoices[] {
  const groups = new Map<string, { context: Context; choices: Choice[] }>();
  for (const { context: name, value, numbers } of rows) {
    let group = groups.get(name);
    if (!group) {
      // The table holds differences in ranges, so that each range is one.
      const attributes = numbers.map((_, i) => ({ name: `attribute ${i + 1}`, min: 0, max: 1 }));
      group = { context: { name, question: '', attributes }, choices: [] };
      groups.set(name, group);
    }
    const b = numbers.map(() => 0);
    group.choices.push({ context: name, choseA: value === optionA, a: numbers, b });
  }
  return [...groups.values()];
}
