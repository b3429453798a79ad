/** Texts of reports: the requested object, bare or in a fenced block, or a format error of real models. */

/** {"name": 50, …}, spaced like the training examples. */
export function reportText(names: readonly string[], values: readonly (number | string)[]): string {
  const pairs = names.map(
    (name, i) => `${JSON.stringify(name)}: ${JSON.stringify(values[i] ?? 0)}`,
  );
  return `{${pairs.join(', ')}}`;
}

export function fenced(text: string): string {
  return `\`\`\`json\n${text}\n\`\`\``;
}

type Break = (names: readonly string[], values: readonly number[], which: number) => string;

/** Changes one attribute and keeps the others. */
function replaced<T>(items: readonly T[], which: number, item: T): T[] {
  return items.map((old, i) => (i === which ? item : old));
}

/** Kinds of invalid report, each with its share; the shares add up to 1. */
const breaks: readonly { readonly share: number; readonly write: Break }[] = [
  {
    // `durability` for `durability_rating`.
    share: 0.4,
    write: (names, values, which) =>
      reportText(replaced(names, which, nearMiss(names, which)), values),
  },
  {
    // An unknown name.
    share: 0.12,
    write: (names, values, which) => reportText(replaced(names, which, 'overall_appeal'), values),
  },
  {
    // A missing name.
    share: 0.14,
    write: (names, values, which) =>
      reportText(
        names.filter((_, i) => i !== which),
        values.filter((_, i) => i !== which),
      ),
  },
  {
    // An extra name.
    share: 0.06,
    write: (names, values) => reportText([...names, 'decision'], [...values, 'A']),
  },
  {
    // A number in quotes.
    share: 0.04,
    write: (names, values, which) =>
      reportText(names, replaced<number | string>(values, which, String(values[which] ?? 0))),
  },
  {
    // A number in words.
    share: 0.06,
    write: (names, values, which) =>
      reportText(names, replaced<number | string>(values, which, inWords(values[which] ?? 0))),
  },
  {
    // A plain-text list.
    share: 0.1,
    write: (names, values) => names.map((name, i) => `- ${name}: ${values[i]}`).join('\n'),
  },
  {
    share: 0.08,
    write: () =>
      "I'm sorry, but I can't assign weights to these dimensions: I don't have access to how I made the decision.",
  },
];

/** An invalid report; two uniform numbers select the kind and the attribute. */
export function brokenReport(
  names: readonly string[],
  values: readonly number[],
  { way, where }: { readonly way: number; readonly where: number },
): string {
  const which = Math.floor(where * names.length);
  let left = way;
  for (const { share, write } of breaks) {
    left -= share;
    if (left < 0) return write(names, values, which);
  }
  return reportText([], []);
}

function inWords(value: number): string {
  if (value === 0) return 'neutral';
  const size = Math.abs(value) > 50 ? 'strongly' : 'slightly';
  return `${size} ${value > 0 ? 'positive' : 'negative'}`;
}

/**
 * The name without its last word, or without one letter if it is a single word; never another
 * attribute's name.
 */
export function nearMiss(names: readonly string[], which: number): string {
  const name = names[which] ?? '';
  const shorter = name.replace(/(?<![_\s-])[_\s-]+[^_\s-]+$/, '');
  const misspelt = name.length > 3 ? name.slice(0, -2) + name.slice(-1) : `${name}s`;
  const free = [shorter, misspelt, `${name}s`].find(
    (candidate) => candidate !== '' && !names.includes(candidate),
  );
  return free ?? `${name}_`;
}
