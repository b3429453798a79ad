/**
 * Formats numbers and JSON as Python does. The authors' prompts, tables and training files were
 * written by Python, and prompts must match character for character.
 */

/** `repr(float)`: the fewest digits that identify the number, always with a decimal point. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    // Python's exponents have at least two digits.
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/**
 * `round(value, digits)`: rounds the number as stored, which seldom equals the number as written
 * (2.675 is stored slightly lower and gives 2.67). A true tie goes to even.
 *
 * @param digits 0 to 100
 */
export function roundHalfEven(value: number, digits = 0): number {
  // toFixed drops the sign of a negative zero.
  if (value === 0) return value;
  const rounded = value.toFixed(digits);
  // Exactly the odd multiples of 2^-(digits + 1) lie halfway between two decimals; this product
  // has no rounding error. In a tie, toFixed rounds away from zero. If its last digit is odd, the
  // even one is one lower, without a borrow.
  const tie = Math.abs((value * 2 ** (digits + 1)) % 2) === 1;
  const last = Number(rounded.at(-1));
  return Number(tie && last % 2 === 1 ? `${rounded.slice(0, -1)}${last - 1}` : rounded);
}

/**
 * A value that can be written as JSON. A Map is written as an object and keeps the order of its
 * keys, including keys like `"10"`.
 */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>
  | { readonly [key: string]: JsonValue };

/**
 * `json.dumps(value)`: a space after comma and colon, ASCII only. Python distinguishes whole
 * numbers from floats and JavaScript does not: whole numbers up to 2^53 are written without a
 * decimal point.
 */
export function pythonJson(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return jsonNumber(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(pythonJson).join(', ')}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries.map(([key, held]) => `${quoted(key)}: ${pythonJson(held)}`).join(', ')}}`;
}

/** `Array.isArray` does not narrow a readonly list. */
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
