/**
 * Effects of single groups are left out of checks unless they are asked for: there are many, and
 * they are drawn from what is checked.
 */

/** `r_g[level,Intercept]`; no other reported name starts so. */
export function isGroupEffect(name: string): boolean {
  return name.startsWith('r_');
}
