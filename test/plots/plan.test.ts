/** The curves of a plan, read back from the picture. */
import { describe, expect, it } from 'vitest';
import { type PlanPoint, plotPlan } from '../../src/plots.js';
import { attribute, marks, PLACE_TOLERANCE, panelAt, scaleOf } from './support.js';

const points: PlanPoint[] = [5, 10].flatMap((reports) =>
  [25, 50].flatMap((choices) =>
    [50, 100, 200].map((contexts) => ({
      panel: `${reports} reports`,
      curve: `${choices} choices`,
      size: contexts,
      mean: 1 / contexts + 0.1 / choices + 0.01 / reports,
      mcse: 0.001,
    })),
  ),
);

describe('the picture of a plan', () => {
  it('has a point and an error for each design, a curve for each name, and the target', () => {
    const { svg } = plotPlan(points, { sizeLabel: 'contexts', label: 'width', target: 0.02 });
    for (const at of [-2, -1]) {
      const panel = panelAt(svg, at);
      const own = points.filter(
        ({ panel: name }) => name === (at === -2 ? '5 reports' : '10 reports'),
      );
      const x = scaleOf(panel, 'x');
      const y = scaleOf(panel, 'y');
      const dots = marks(panel, 'design', 'circle');
      const errors = marks(panel, 'error', 'line');
      expect(dots).toHaveLength(own.length);
      own.forEach(({ size, mean, mcse }, i) => {
        const near = (found: number, value: number) =>
          expect(Math.abs(found - value)).toBeLessThan(PLACE_TOLERANCE);
        near(attribute(dots[i], 'cx'), x.place(size));
        near(attribute(dots[i], 'cy'), y.place(mean));
        near(attribute(errors[i], 'y1'), y.place(mean - 2 * mcse));
        near(attribute(errors[i], 'y2'), y.place(mean + 2 * mcse));
      });
      expect(marks(panel, 'curve', 'path')).toHaveLength(2);
      const [target] = marks(panel, 'target', 'line');
      expect(Math.abs(attribute(target, 'y1') - y.place(0.02))).toBeLessThan(PLACE_TOLERANCE);
    }
    expect(svg).toContain('25 choices');
  });

  it('shows a single design, and nothing of an empty plan', () => {
    const { svg } = plotPlan(points.slice(0, 1), { sizeLabel: 'contexts', label: 'power' });
    expect(marks(panelAt(svg, -1), 'design', 'circle')).toHaveLength(1);
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(() => plotPlan([], { sizeLabel: 'rows', label: 'power' })).toThrow(/no designs/);
  });
});
