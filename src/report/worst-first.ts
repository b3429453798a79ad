/**
 * The order in which to doubt fits: in the report and on the viewer's page it is the same.
 */

/** As much of a fit as tells how it went. */
interface Converged {
  readonly warnings: readonly string[];
  readonly diagnostics: {
    readonly max_rhat: number | null;
    readonly min_ess_bulk: number | null;
    readonly min_ess_tail: number | null;
  };
}

/**
 * Fits that fall short, then the others; each by R-hat, then by their least ESS. What does not
 * exist is worst of all. Equals stay as they were.
 */
export function worstFirst<Fit extends Converged>(fits: readonly Fit[]): Fit[] {
  return [...fits].sort(
    (one, other) =>
      Number(other.warnings.length > 0) - Number(one.warnings.length > 0) ||
      compare(rhat(other), rhat(one)) ||
      compare(leastEss(one), leastEss(other)),
  );
}

/** Not a difference, which two infinities do not have. */
function compare(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function rhat({ diagnostics }: Converged): number {
  return diagnostics.max_rhat ?? Number.POSITIVE_INFINITY;
}

function leastEss({ diagnostics: { min_ess_bulk, min_ess_tail } }: Converged): number {
  return Math.min(
    min_ess_bulk ?? Number.NEGATIVE_INFINITY,
    min_ess_tail ?? Number.NEGATIVE_INFINITY,
  );
}
