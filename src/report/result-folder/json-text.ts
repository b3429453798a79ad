/**
 * The JSON files of a result folder as text, in parts, so that no file is one long string. A record
 * has a line of its own: a person can look at it, and a difference shows where it is.
 */
import { type ByContext, RESULT_FORMAT, RESULT_VERSION } from './format.js';

const HEADER = `{"format":"${RESULT_FORMAT}","format_version":${RESULT_VERSION}`;

/** `{ …header, [key]: [ … ] }` */
export function* listText(key: string, records: readonly unknown[]): Iterable<string> {
  yield `${HEADER},"${key}":[`;
  let separator = '\n';
  for (const record of records) {
    yield separator + JSON.stringify(record);
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** `{ …header, [key]: { group: { context: [ … ] } } }` */
export function* byContextText(key: string, groups: ByContext<unknown>): Iterable<string> {
  yield `${HEADER},"${key}":{`;
  let separator = '\n';
  for (const [group, contexts] of Object.entries(groups)) {
    yield `${separator}${JSON.stringify(group)}:{`;
    let inner = '\n';
    for (const [context, records] of Object.entries(contexts)) {
      yield `${inner}${JSON.stringify(context)}:${JSON.stringify(records)}`;
      inner = ',\n';
    }
    yield '\n}';
    separator = ',\n';
  }
  yield '\n}}\n';
}
