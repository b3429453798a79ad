/**
 * What was done to the columns of a fit that their owner should know, in sentences.
 */
import type { NamePlaces } from './columns-used.js';
import type { DataFacts, OutcomeDesign } from './design.js';
import type { Formula } from './formula.js';
import { listed } from './names.js';
import { isLikeNumber, numbersInText } from './number-text.js';
import type { Column } from './table.js';
import { described } from './table-source.js';

type Columns = ReadonlyMap<string, Column>;

/** @param whole columns of all rows; `columns` are those of the rows that are used */
export function columnNotes(
  predictors: NamePlaces,
  whole: Columns,
  columns: Columns,
): readonly string[] {
  return [
    ...droppedLevels(whole, columns),
    ...numbersAsText(predictors, whole, columns),
    ...roundedNumbers(columns),
  ];
}

/** Which of two levels was counted. */
export function outcomeNotes({ response }: Formula, { levels }: OutcomeDesign, columns: Columns) {
  if (levels === null || response.kind !== 'name') return [];
  const isText = columns.get(response.name)?.kind === 'factor';
  const [zero, one] = isText ? levels.map((level) => `'${level}'`) : levels;
  return [`${response.name}: ${one} counts as 1, ${zero} as 0`];
}

function droppedLevels(whole: Columns, columns: Columns): readonly string[] {
  return [...whole].flatMap(([name, before]) => {
    const after = columns.get(name);
    if (before.kind !== 'factor' || after?.kind !== 'factor') return [];
    const kept = new Set(after.levels);
    const gone = before.levels.filter((level) => !kept.has(level));
    if (gone.length === 0) return [];
    return [`levels of ${name} that no row has were dropped: ${listed(gone)}`];
  });
}

/** A column of numbers that was read as text is a likely slip, and a factor of many levels. */
function numbersAsText(predictors: NamePlaces, whole: Columns, columns: Columns) {
  return [...predictors.keys()].flatMap((name) => {
    const column = columns.get(name);
    const before = whole.get(name);
    if (column?.kind !== 'factor' || before?.kind !== 'factor') return [];
    const { levels } = column;
    if (numbersInText(levels, () => false) === null) return [];
    const other = levels.find((level) => !isLikeNumber(level));
    const shown = other ?? levels[0];
    const row = before.codes.indexOf(before.levels.indexOf(shown)) + 1;
    const what = other === undefined ? 'numbers as text' : 'numbers beside text';
    return [
      `${name} holds ${what} (row ${row}: ${described(shown)}): it is a factor of ${levels.length} levels`,
    ];
  });
}

/** Measurements may be as large; what was counted, or names a thing, was rounded before it came here. */
function roundedNumbers(columns: Columns): readonly string[] {
  return [...columns].flatMap(([name, column]) => {
    if (column.kind !== 'numeric' || !column.values.every(Number.isInteger)) return [];
    if (column.values.every(Number.isSafeInteger)) return [];
    return [`${name} holds whole numbers beyond 2^53, which a number does not hold exactly`];
  });
}

export function factNotes({ oneLevelGroups }: DataFacts): readonly string[] {
  return oneLevelGroups.map(
    (group) =>
      `the grouping factor ${group} has one level: the data say nothing of its standard deviation, which its prior alone decides`,
  );
}
