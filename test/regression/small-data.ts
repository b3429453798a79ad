/** Twelve rows that every family has an outcome among. */
export const x = [-2.1, -1.4, -0.9, -0.3, 0.2, 0.4, 1.1, 1.6, 2.3, 3.1, 3.4, 4.6];
export const z = [0.5, -1.2, 2.0, 0.3, -0.8, 1.9, -2.2, 0.1, 1.4, -0.6, 0.9, -1.7];
export const y = [-1.9, -3.1, 0.6, 0.2, -0.4, 2.5, -0.9, 2.1, 4.4, 2.8, 5.0, 3.9];
export const b = [0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1];
export const c = [0, 1, 3, 2, 0, 5, 1, 2, 8, 4, 9, 12];
export const n = c.map((count) => count + 3);

/** Outcomes: y real, b 0 or 1, c counts, c of n trials. */
export const columns = { x, z, y, b, c, n };
