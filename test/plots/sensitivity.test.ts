import { describe, expect, it } from 'vitest';
import { plotPriorSensitivity } from '../../src/plots.js';
import { attribute, marks, panelAt, scaleOf } from './support.js';

const row = (name: string, priors: string, prior: number, likelihood: number) => ({
  ...{ name, priors, prior, likelihood, diagnosis: '-' as const },
});

describe('a plot of sensitivities', () => {
  it('has a filled and an open dot in each row, and the threshold', () => {
    const rows = [row('b_x', 'b', 0.2, 0.1), row('sigma', 'b', 0, 0.3)];
    const panel = panelAt(plotPriorSensitivity({ rows, threshold: 0.05 }).svg, 0);
    const { value, pixel } = scaleOf(panel, 'x');
    for (const kind of ['prior', 'likelihood'] as const) {
      const places = marks(panel, kind, 'circle').map((dot) => value(attribute(dot, 'cx')));
      expect(places).toEqual(rows.map((one) => expect.closeTo(one[kind], -Math.log10(pixel))));
    }
    const [line] = marks(panel, 'threshold', 'line');
    if (!line) return expect.fail('no threshold');
    expect(Math.abs(value(attribute(line, 'x1')) - 0.05)).toBeLessThan(pixel);
  });

  it('names the priors where they were scaled apart', () => {
    const rows = [row('b_x', 'b', 0.2, 0.1), row('b_x', 'sigma', 0, 0.1)];
    expect(plotPriorSensitivity({ rows, threshold: 0.05 }).svg).toContain('b_x (sigma priors)');
    expect(() => plotPriorSensitivity({ rows: [], threshold: 0.05 })).toThrow('no rows');
  });
});
