/** log I₀ and its derivatives against mpmath (50 digits), and across the change of series. */
import { describe, expect, it } from 'vitest';
import { logBessel, newBesselTerms } from '../../../models/families/bessel.js';

const at = (kappa: number) => {
  const terms = newBesselTerms();
  logBessel(kappa, terms);
  return terms;
};

const reference = [
  {
    kappa: 0.001,
    value: 2.4999998437500175e-7,
    slope: 0.0004999999375000105,
    curvature: 0.4999998125000521,
  },
  {
    kappa: 0.5,
    value: 0.06154971918548131,
    slope: 0.24249961258080194,
    curvature: 0.4561947127365571,
  },
  {
    kappa: 3,
    value: 1.585307621813421,
    slope: 0.8099852939565045,
    curvature: 0.07392872558869344,
  },
  {
    kappa: 12.5,
    value: 10.328635514617122,
    slope: 0.9591262970762181,
    curvature: 0.003346642490764757,
  },
  {
    kappa: 29.9,
    value: 27.286385310555094,
    slope: 0.9831328332658057,
    curvature: 0.0005691353900068518,
  },
  {
    kappa: 30.1,
    value: 27.483023208951185,
    slope: 0.983245897153711,
    curvature: 0.0005615290807690691,
  },
  {
    kappa: 75,
    value: 71.92399534542727,
    slope: 0.9933108084646411,
    curvature: 8.949367445914331e-5,
  },
  {
    kappa: 1000,
    value: 995.6273088898695,
    slope: 0.9994998748748043,
    curvature: 5.002503757832876e-7,
  },
  {
    kappa: 100000,
    value: 99993.32459998432,
    slope: 0.9999949999874999,
    curvature: 5.000025000375008e-11,
  },
];

describe('log I₀', () => {
  it.each(reference)('has the digits of mpmath at $kappa', ({ kappa, value, slope, curvature }) => {
    const found = at(kappa);
    expect(Math.abs(found.value - value)).toBeLessThan(4e-15 * Math.max(kappa ** 2, value, 1e-300));
    expect(Math.abs(found.slope - slope)).toBeLessThan(1e-14 * slope);
    // A difference of numbers of order 1 up to κ = 30, of order 1/κ beyond.
    expect(Math.abs(found.curvature - curvature)).toBeLessThan(1e-13 / Math.max(1, kappa / 30));
  });

  it('is 0 at 0, with a slope of 0 and a curvature of a half', () => {
    expect(at(0)).toEqual({ value: 0.0, slope: 0.0, curvature: 0.5 });
  });
});
