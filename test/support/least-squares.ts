/** The line of least squares through pairs, of y on x. */
export function leastSquares(
  x: readonly number[],
  y: readonly number[],
): { intercept: number; slope: number } {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const across = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const both = x.reduce((sum, value, i) => sum + (value - mx) * ((y[i] ?? 0) - my), 0);
  const slope = both / across;
  return { intercept: my - slope * mx, slope };
}
