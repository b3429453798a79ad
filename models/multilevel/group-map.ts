/**
 * The effects of a grouping factor from standard normal numbers: a non-centring (Papaspiliopoulos,
 * Roberts & Sköld 2007, Statistical Science 22; Gorinova, Moore & Hoffman 2020, arXiv 1906.03028)
 * that goes as far for each level as its rows say little. With u = Λ v, v ~ normal(0, I), and a rough
 * normal approximation of the likelihood in a level's effects, exp(b·u − ½ uᵀ H u),
 *
 *     v | Λ is about normal(S⁻¹ Λᵀ b, S⁻¹),    S = I + Λᵀ H Λ = C Cᵀ,
 *
 * so v = C⁻ᵀ (C⁻¹ Λᵀ b + z) with z about standard normal whatever Λ is. This is a one-to-one map
 * of z for every Λ, right or rough the approximation: the density of z is that of v times |C|⁻¹.
 * A level without rows has H = 0 and b = 0, which is the plain non-centring v = z; of many rows, u
 * hardly depends on Λ, which is the centred parametrization in its own units.
 *
 * Adjoints, of x written x̄: v̄ = Λᵀ ū − v, w̄ = C⁻¹ v̄, z̄ = w̄, C̄ = −v w̄ᵀ, and with t = C⁻¹ Λᵀ b,
 * ā = C⁻ᵀ w̄, C̄ −= ā tᵀ + diag(1/C); those of a Cholesky factor: Murray 2016, arXiv 1602.07527.
 */
import type { GroupMap } from './group-map-buffers.js';
import { manyMap } from './group-map-many.js';
import { pairMap, singleMap } from './group-map-single.js';

export type { GroupMap } from './group-map-buffers.js';

/** @param size coefficients a level */
export function groupMap(levels: number, size: number): GroupMap {
  if (size === 1) return singleMap(levels);
  return size === 2 ? pairMap(levels) : manyMap(levels, size);
}
