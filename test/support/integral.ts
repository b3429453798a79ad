/** ∫ f by Simpson's rule. @param intervals an even number */
export function integral(
  f: (x: number) => number,
  from: number,
  to: number,
  intervals = 400,
): number {
  const step = (to - from) / intervals;
  let sum = 0;
  for (let i = 0; i <= intervals; i++) {
    const weight = i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2;
    sum += (weight * step * f(from + i * step)) / 3;
  }
  return sum;
}
