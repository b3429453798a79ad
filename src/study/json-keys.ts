/**
 * The keys of a JSON object as they stand in its text. `JSON.parse` keeps the last of a repeated
 * key and says nothing, so that the text must be asked.
 *
 * @param json a whole object that `JSON.parse` accepts.
 */
export function topLevelKeys(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let expectsKey = false;
  for (let i = 0; i < json.length; i++) {
    const sign = json[i];
    if (sign === '"') {
      const end = endOfString(json, i);
      if (expectsKey) keys.push(String(JSON.parse(json.slice(i, end + 1))));
      expectsKey = false;
      i = end;
    } else if (sign === '{' || sign === '[') {
      depth++;
      expectsKey = depth === 1;
    } else if (sign === '}' || sign === ']') {
      depth--;
    } else if (sign === ',') {
      expectsKey = depth === 1;
    }
  }
  return keys;
}

/** Where the quote stands that closes the string opened at `start`. */
function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end;
}
