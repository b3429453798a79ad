/** The names of the tasks of a study of explanations: a task, or a task and the part of its items. */

/** Without a part, items are about what no exercise to learn from was about. */
export const HELD_OUT = 'held-out';

/** Task and part of `ablation` or `ablation, seen`. */
export function taskAndPart(name: string): { readonly task: string; readonly part: string } {
  const [task = '', part = HELD_OUT] = name.split(', ');
  return { task, part };
}

export function isHeldOut(name: string): boolean {
  return taskAndPart(name).part === HELD_OUT;
}
