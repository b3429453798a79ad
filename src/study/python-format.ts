/**
 * Numbers and JSON as Python writes them. The authors' prompts, tables and training files were made
 * by Python, and a prompt that differs in one character is another prompt.
 */

/** `repr(float)`: the fewest digits that tell the number from all others, and always a point. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    // Python's exponents have two digits at least.
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/**
 * `round(value, digits)`: to the nearest decimal of the number as it is stored, which is seldom the
 * number as it is written (2.675 is stored a little lower and gives 2.67); a true tie goes to the
 * even neighbour.
 * @param digits 0 to 100
 */
export function roundHalfEven(value: number, digits = 0): number {
  // toFixed has no sign for a negative zero.
  if (value === 0) return value;
  const rounded = value.toFixed(digits);
  // Halfway between two decimals lie just the odd multiples of 2^-(digits + 1), a product without
  // rounding error; there toFixed goes away from zero. From an odd last digit the even one is one
  // lower, with nothing to borrow.
  const tie = Math.abs((value * 2 ** (digits + 1)) % 2) === 1;
  const last = Number(rounded.at(-1));
  return Number(tie && last % 2 === 1 ? `${rounded.slice(0, -1)}${last - 1}` : rounded);
}

/** What can be written as JSON; a Map is an object whose keys keep their order, also `"10"`. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>
  | { readonly [key: string]: JsonValue };

/**
 * `json.dumps(value)`: a space after comma and colon, nothing but ASCII. Python tells whole numbers
 * from floats and JavaScript does not: whole numbers up to 2^53 are written without a point.
 */
export function pythonJson(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return jsonNumber(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(pythonJson).join(', ')}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries.map(([key, held]) => `${quoted(key)}: ${pythonJson(held)}`).join(', ')}}`;
}

/** `Array.isArray` does not tell a readonly list from an object. */
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function jsonNumber(value: number): string {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  if (Number.isFinite(value)) return formatFloat(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
