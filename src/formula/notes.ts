/**
 * What was done to the columns of a fit that their owner should know, in sentences.
 */
import type { NamePlaces } from './columns-used.js';
import type { DataFacts } from './design.js';
import { listed } from './names.js';
import type { Column } from './table.js';

type Columns = ReadonlyMap<string, Column>;

/** @param whole columns of all rows; `columns` are those of the rows that are used */
export function columnNotes(
  predictors: NamePlaces,
  whole: Columns,
  columns: Columns,
): readonly string[] {
  return [...droppedLevels(whole, columns), ...numbersAsText(predictors, columns)];
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
function numbersAsText(predictors: NamePlaces, columns: Columns): readonly string[] {
  return [...predictors.keys()].flatMap((name) => {
    const column = columns.get(name);
    if (column?.kind !== 'factor') return [];
    const { levels } = column;
    if (!levels.every((level) => level.trim() !== '' && Number.isFinite(Number(level)))) return [];
    return [`${name} holds numbers as text: it is a factor of ${levels.length} levels`];
  });
}

export function factNotes({ oneLevelGroups }: DataFacts): readonly string[] {
  return oneLevelGroups.map(
    (group) =>
      `the grouping factor ${group} has one level: the data say nothing of its standard deviation, which its prior alone decides`,
  );
}
