import { vi } from 'vitest';

/** What some work writes to a stream of this process, which then shows nothing of it. */
export async function printedBy(stream: NodeJS.WriteStream, work: () => unknown): Promise<string> {
  let printed = '';
  const spy = vi.spyOn(stream, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    await work();
    return printed;
  } finally {
    spy.mockRestore();
  }
}
