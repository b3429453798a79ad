import { describe, expect, test } from 'vitest';
import { GroupCommit } from '../../../src/harness/record/group-commit.js';

/** A transaction over a list: all writes or none. */
function list() {
  const kept: number[] = [];
  let commits = 0;
  const commit = (writes: () => void) => {
    const before = kept.length;
    commits++;
    try {
      writes();
    } catch (error) {
      kept.length = before;
      throw error;
    }
  };
  const write = (value: number) => () => {
    kept.push(value);
    if (value < 0) throw new Error(`${value} cannot be written`);
  };
  return { kept, commit, write, commits: () => commits };
}

describe('writes that arrive together', () => {
  test('are one commit', async () => {
    const { kept, commit, write, commits } = list();
    const group = new GroupCommit(commit);
    await Promise.all([1, 2, 3].map((value) => group.add(write(value))));
    expect(kept).toEqual([1, 2, 3]);
    expect(commits()).toBe(1);
  });

  test.each([[[-1, 2, 3]], [[1, -2, 3]], [[1, 2, -3]], [[-1, 2, -3]], [[-1]]])(
    'lose nothing by one that fails: %j',
    async (values) => {
      const { kept, commit, write } = list();
      const group = new GroupCommit(commit);
      const told = await Promise.allSettled(values.map((value) => group.add(write(value))));
      expect(told.map(({ status }) => status)).toEqual(
        values.map((value) => (value < 0 ? 'rejected' : 'fulfilled')),
      );
      expect(kept).toEqual(values.filter((value) => value > 0));
    },
  );
});
