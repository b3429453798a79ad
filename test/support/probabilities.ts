/** Puts a column of probabilities beside the choices of a file. */

/**
 * @param cellOf the cell of a row, counted from 0 after the header.
 */
export function withProbabilities(cellOf: (choseA: boolean, row: number) => string) {
  return (text: string): string => {
    const [header = '', ...rows] = text.trimEnd().split('\n');
    const selection = header.split(',').indexOf('selection');
    const cells = rows.map((row, i) => `${row},${cellOf(row.split(',')[selection] === 'A', i)}`);
    return `${[`${header},probability_A`, ...cells].join('\n')}\n`;
  };
}
