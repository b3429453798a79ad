/**
 * Orthonormal vectors that grow one by one: Gram–Schmidt, each vector gone through twice, which is
 * enough (Giraud, Langou & Rozložník 2005).
 */

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export function norm(vector: Float64Array): number {
  return Math.sqrt(dot(vector, vector));
}

/** Takes what lies along the basis out of a vector, in place; returns how much lay along each. */
export function takeOut(basis: readonly Float64Array[], vector: Float64Array): Float64Array {
  const along = new Float64Array(basis.length);
  for (let pass = 0; pass < 2; pass++) {
    basis.forEach((direction, k) => {
      const product = dot(direction, vector);
      for (let i = 0; i < vector.length; i++) vector[i] -= product * direction[i];
      along[k] += product;
    });
  }
  return along;
}

/**
 * Adds what a vector has beside the basis, if that is more than `tolerance` of its length; returns
 * whether it was.
 */
export function extend(basis: Float64Array[], vector: Float64Array, tolerance: number): boolean {
  const length = norm(vector);
  if (!(length > 0)) return false;
  const rest = vector.map((value) => value / length);
  takeOut(basis, rest);
  const left = norm(rest);
  if (!(left > tolerance)) return false;
  basis.push(rest.map((value) => value / left));
  return true;
}

/** What a basis lacks to span its space. */
export function complement(basis: readonly Float64Array[], width: number): Float64Array[] {
  const all = [...basis];
  while (all.length < width) {
    let longest = new Float64Array(width);
    for (let j = 0; j < width; j++) {
      const unit = new Float64Array(width);
      unit[j] = 1;
      takeOut(all, unit);
      if (norm(unit) > norm(longest)) longest = unit;
    }
    extend(all, longest, 0);
  }
  return all.slice(basis.length);
}
