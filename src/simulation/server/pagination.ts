/** Lists as the API shows them: newest first, in pages that go on after an id. */
import { errorReply, jsonReply, type Reply } from './reply.js';

export interface PageQuery {
  readonly after: string | undefined;
  readonly limit: string | undefined;
}

const MOST = 10_000;

/** @param items oldest first */
export function pageOf<T extends { readonly id: string }>(
  items: readonly T[],
  { after, limit }: PageQuery,
  usualLimit = 20,
): Reply {
  const size = limit === undefined ? usualLimit : Number(limit);
  if (!Number.isInteger(size) || size < 1 || size > MOST) {
    return errorReply(400, {
      message: `Invalid 'limit': expected a whole number from 1 to ${MOST}`,
      param: 'limit',
      code: 'invalid_value',
    });
  }
  const newestFirst = items.toReversed();
  const last = after === undefined ? -1 : newestFirst.findIndex(({ id }) => id === after);
  if (after !== undefined && last < 0) {
    return errorReply(400, {
      message: `Invalid 'after': nothing in this list has that id`,
      param: 'after',
      code: 'invalid_value',
    });
  }
  const data = newestFirst.slice(last + 1, last + 1 + size);
  return jsonReply({
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: last + 1 + size < newestFirst.length,
  });
}
