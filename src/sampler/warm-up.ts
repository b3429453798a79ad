/**
 * The plan of a warm-up, as data: stages that tune the step size, and those windows among them
 * that also learn a metric, at whose end the step size starts anew (Stan Reference Manual,
 * "Automatic Parameter Tuning").
 */
export interface WarmupStage {
  readonly draws: number;
  /** A metric is learned from this stage's draws and takes effect at its end. */
  readonly learnsMetric: boolean;
}

const INITIAL = 75;
const FIRST_WINDOW = 25;
const FINAL = 50;

/**
 * Stan's three phases: 75 draws of step size only, metric windows of 25, 50, 100, ... of which
 * the last is stretched, 50 draws of step size only. Shorter warm-ups shrink to 15% / 75% / 10%;
 * below 20 draws there is no metric to be learned.
 */
export function stanWarmup(draws: number): WarmupStage[] {
  if (draws === 0) return [];
  if (draws < 20) return [{ draws, learnsMetric: false }];
  const short = INITIAL + FIRST_WINDOW + FINAL > draws;
  const initial = short ? Math.floor(0.15 * draws) : INITIAL;
  const final = short ? Math.floor(0.1 * draws) : FINAL;
  const windows = short ? [draws - initial - final] : doublingWindows(draws - initial - final);
  return [
    { draws: initial, learnsMetric: false },
    ...windows.map((window) => ({ draws: window, learnsMetric: true })),
    { draws: final, learnsMetric: false },
  ];
}

/**
 * 25, 50, 100, ...: from the second on, a window that leaves less than twice its own size after
 * it takes all that is left.
 */
function doublingWindows(total: number): number[] {
  const windows = [FIRST_WINDOW];
  let left = total - FIRST_WINDOW;
  for (let size = 2 * FIRST_WINDOW; left > 0; size *= 2) {
    const window = left - size < 2 * size ? left : size;
    windows.push(window);
    left -= window;
  }
  return windows;
}
