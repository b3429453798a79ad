/**
 * Probabilities of intervals: against R at both ends of the tails, and for each family against integrals and sums of
 * its density; the incomplete gamma and beta functions with their derivatives against mpmath (50 digits); draws and
 * means within bounds.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Family, type FamilyName, traitsOf } from '../../../models/families/family.js';
import {
  newIncompleteBeta,
  writeIncompleteBeta,
} from '../../../models/families/incomplete-beta.js';
import {
  newIncompleteGamma,
  writeIncompleteGamma,
} from '../../../models/families/incomplete-gamma.js';
import {
  limitedFamilies,
  limitedLogDensities,
  linksOf,
  responseDistribution,
  truncatedFamily,
} from '../../../models/families/index.js';
import { randomStream } from '../../../src/random/stream.js';
import { integral } from '../../support/integral.js';
import { auxiliaryValues, hasKinks, hasTrials, nearby } from './examples.js';

const NEVER = Number.NEGATIVE_INFINITY;
const EVER = Number.POSITIVE_INFINITY;

/** log P(from < Y ≤ to), given that after < Y ≤ upTo. */
function logInterval(
  family: Family,
  [from, to, after = NEVER, upTo = EVER]: readonly number[],
  eta: number,
  aux: readonly number[],
  trials = 1,
): number {
  const one = (value = Number.NaN) => Float64Array.of(value);
  const limits = { from: one(from), to: one(to), after: one(after), upTo: one(upTo) };
  const densities = limitedLogDensities(family, { values: one(from), trials: one(trials), limits });
  const target = one(eta);
  densities(aux.map(one))(0, 1, target);
  return target[0] ?? Number.NaN;
}

const logit = (p: number) => Math.log(p / (1 - p));

/**
 * Family, y, mean (of the logarithm for lognormal), auxiliary parameters, trials, and log P(Y ≤ y) and log P(Y > y) by R
 * 4.2: `pnorm`, `pt`, `plnorm`, `pgamma`, `pweibull`, `pexp`, `pbeta`, `ppois`, `pnbinom`, `pbinom`.
 */
const tails: readonly (readonly [
  FamilyName,
  number,
  number,
  readonly number[],
  number,
  number,
  number,
])[] = [
  ['gaussian', -60, 1, [2], 1, -469.4627373229121, -1.302937913178076e-204],
  ['gaussian', -8, 1, [2], 1, -12.59241973571308, -3.397678896834466e-6],
  ['gaussian', 0.3, 1, [2], 1, -1.012886027819561, -0.4512515124827832],
  ['gaussian', 12, 1, [2], 1, -1.898956264618946e-8, -17.77937635262526],
  ['gaussian', 90, 1, [2], 1, -0, -994.8399320731745],
  ['student', -4000, 1, [2, 3.5], 1, -26.027554631895, -4.970231825726215e-12],
  ['student', -3, 1, [2, 3.5], 1, -2.763521770949187, -0.06514591760595109],
  ['student', 1.2, 1, [2, 3.5], 1, -0.6215750964777094, -0.7702394570452118],
  ['student', 9, 1, [2, 3.5], 1, -0.01051540174018322, -4.560167357805976],
  ['lognormal', 1e-9, 0.5, [0.8], 1, -356.0946997101562, -2.238911261913649e-155],
  ['lognormal', 0.4, 0.5, [0.8], 1, -3.26143604493489, -0.03908736456611065],
  ['lognormal', 30, 0.5, [0.8], 1, -0.0001436565476661848, -8.848157020301231],
  ['gamma', 1e-7, 2, [1.7], 1, -28.11186539394899, -6.182611870632311e-13],
  ['gamma', 0.5, 2, [1.7], 1, -2.15126916591231, -0.1236788474028491],
  ['gamma', 2, 2, [1.7], 1, -0.5076988527539776, -0.9209992964754083],
  ['gamma', 40, 2, [1.7], 1, -2.271996369724659e-14, -31.41553239889148],
  ['gamma', 400, 2, [1.7], 1, -1.426962569472969e-146, -335.8218754692022],
  ['weibull', 1e-7, 2, [1.7], 1, -28.77293844621751, -3.192064105955371e-13],
  ['weibull', 0.5, 2, [1.7], 1, -2.58929259654132, -0.07804060221258603],
  ['weibull', 40, 2, [1.7], 1, -5.516802542721654e-59, -134.1447220436964],
  ['exponential', 1e-9, 2, [], 1, -21.41641301775635, -5e-10],
  ['exponential', 3, 2, [], 1, -0.252482458925454, -1.5],
  ['exponential', 2000, 2, [], 1, -0, -1000],
  ['beta', 1e-8, 0.3, [6], 1, -30.93499204585198, -3.673699733575047e-14],
  ['beta', 0.2, 0.3, [6], 1, -1.103880556295699, -0.4028413458629636],
  ['beta', 0.7, 0.3, [6], 1, -0.02036630509333446, -3.904039324662162],
  ['beta', 0.9999, 0.3, [6], 1, -6.267564574261515e-17, -37.30855872686819],
  ['poisson', 0, 12, [], 1, -12, -6.144231229078249e-6],
  ['poisson', 3, 12, [], 1, -6.078421580356184, -0.002294421380567784],
  ['poisson', 60, 12, [], 1, -1.014025350052897e-23, -52.94552923395439],
  ['poisson', 200, 12, [], 1, -3.391573403572324e-166, -381.0078314924473],
  ['negbinomial', 0, 20, [1.5], 1, -3.993881740538179, -0.01859995386781215],
  ['negbinomial', 9, 20, [1.5], 1, -1.1600152917607, -0.3761219414884799],
  ['negbinomial', 300, 20, [1.5], 1, -1.859713665515348e-9, -20.10284330527296],
  ['negbinomial', 5000, 20, [1.5], 1, -1.78110860711924e-156, -358.6260385236463],
  ['binomial', 0, 0.02, [], 20, -0.4040541463503889, -1.101440198704475],
  ['binomial', 7, 0.02, [], 20, -2.601013859095237e-9, -19.76736452342273],
  ['binomial', 19, 0.02, [], 20, -1.048576000000008e-34, -78.24046010856291],
];

describe('log P(Y ≤ y) and log P(Y > y)', () => {
  it.each(tails)('of %s at %d are those of R', (name, y, mean, aux, trials, lower, upper) => {
    const [link = 'identity'] = linksOf(name);
    const family = { family: name, link };
    const eta = link === 'log' ? Math.log(mean) : link === 'logit' ? logit(mean) : mean;
    const below = logInterval(family, [NEVER, y], eta, aux, trials);
    const above = logInterval(family, [y, EVER], eta, aux, trials);
    // A mean that is e^η has a relative error of 1e-16 itself, times the slopes of up to 2,000.
    expect(Math.abs(below - lower)).toBeLessThan(1e-12 * Math.abs(lower) + 1e-300);
    expect(Math.abs(above - upper)).toBeLessThan(1e-12 * Math.abs(upper) + 1e-300);
  });
});

describe('the incomplete gamma function', () => {
  it.each([
    [
      0.05, 0.0005, -0.3532158572335931, -7.103510934295188, -1.2120908445443996,
      16.767863153284495,
    ],
    [0.05, 0.05, -0.12528711156737324, -2.542756005328958, -2.139136888434297, 19.0505945514096],
    [0.05, 1.0, -0.011590564779689774, -0.24423707029892805, -4.463353577751352, 20.95017683556881],
    [0.7, 0.63, -0.4696399078642154, -0.8891829766138847, -0.9814357494537873, 1.4834101607093784],
    [0.7, 2.1, -0.07069305767762411, -0.16761902746441773, -2.6845462129871818, 2.2882597334872385],
    [1.0, 0.5, -0.9327521295671886, -1.2439535333169993, -0.5, 0.806979116825318],
    [1.0, 1.2, -0.35838241786043395, -0.5540547293082432, -1.2, 1.285471753590272],
    [
      2.5, 0.025, -10.441015189756065, -4.794082493587152, -2.9209966605870927e-5,
      0.00014003703477206888,
    ],
    [2.5, 2.5, -0.5376491579419246, -0.4465607167594287, -0.8773580722343328, 0.6272118040850235],
    [
      2.5, 50.0, -5.28514836094324e-20, -1.706602299138607e-19, -44.386801168872644,
      3.229052776929104,
    ],
    [
      30.0, 27.0, -1.1824248204231576, -0.21375333011649247, -0.3660538536938646,
      0.09448600425962286,
    ],
    [
      30.0, 90.0, -6.392656991137704e-14, -7.231872675096687e-14, -30.381041315390096,
      1.1312780718756188,
    ],
    [
      400.5, 200.25, -80.58271125987028, -0.6968436509233871, -1.0077972362704718e-35,
      7.02277105513215e-36,
    ],
    [
      400.5, 480.6, -7.859676708205845e-5, -1.5298265110847976e-5, -9.451219288772695,
      0.19463477302650461,
    ],
    [10000.0, 5000.0, -1936.3029753315975, -0.6932970998304157, 0.0, 0.0],
    [10000.0, 200000.0, 0.0, 0.0, -160051.1458260319, 2.9957875374869025],
  ])('at shape %d and %d', (shape, x, lower, lowerByShape, upper, upperByShape) => {
    const found = newIncompleteGamma();
    writeIncompleteGamma(shape, x, found);
    // They grow with the shape.
    const error = shape > 1000 ? 1e-10 : 1e-12;
    const near = (ours: number, theirs: number) =>
      expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(error * Math.abs(theirs));
    near(found.lower, lower);
    near(found.lowerByShape, lowerByShape);
    near(found.upper, upper);
    near(found.upperByShape, upperByShape);
  });
});

describe('the incomplete beta function', () => {
  it.each([
    [
      0.3, 0.5, 1e-6, -4.456783507021627, -14.611327939945516, 0.9985012285459505,
      -0.011667413753918604, 0.17147479705890945, -0.011718154313674725,
    ],
    [
      0.3, 1.0, 0.02, -1.1736069016284438, -3.912023005428146, 0.40338305921114476,
      -0.3699765836710853, 1.7514154943980182, -0.18059488379791652,
    ],
    [
      0.3, 7.0, 0.3, -0.013855809043795238, -0.06184538438969969, 0.006111484082679893,
      -4.2859706139628315, 4.432647326118495, -0.438028704082541,
    ],
    [
      0.3, 120.0, 0.5, -1.4220999557394746e-38, -1.081273240601275e-37, 9.93943232843079e-39,
      -87.14609891250058, 7.603356123016163, -0.6989264213331899,
    ],
    [
      1.0, 0.5, 0.3, -1.8119215234989139, -1.5470631097681602, 1.8269604293897748,
      -0.17833747196936617, 0.3020309794725803, -0.35667494393873234,
    ],
    [
      1.0, 7.0, 0.85, -1.7085952096479657e-6, -4.189443293273228e-6, 3.241412887433915e-6,
      -13.279839894201167, 2.451979082339846, -1.897119984885881,
    ],
    [
      1.0, 700.0, 1e-6, -7.264779702678974, -7.686675199235651, 0.0014280714866548197,
      -0.0007000003500002333, 0.005382559006609286, -1.0000005000003334e-6,
    ],
    [
      5.5, 0.5, 0.85, -1.655197608108217, -0.22058052395632508, 2.2662804203834757,
      -0.2120234817244219, 0.05209602706224651, -0.535243112099569,
    ],
    [
      5.5, 1.0, 0.9999, -0.0005500275018334102, -0.00010000500033334732, 0.0043135810451584555,
      -7.505817278799899, 0.18176818390180682, -7.8403258844873625,
    ],
    [
      5.5, 120.0, 1e-6, -55.215044695481815, -10.780108301027123, 0.0449962686684261,
      -1.048119426903548e-24, 1.129884093443073e-23, -4.716146332954884e-26,
    ],
    [
      5.5, 700.0, 0.3, -2.0603908932806612e-100, -7.719253070273381e-100, 7.217406143149252e-101,
      -229.53561358058437, 3.7464993149830836, -0.35029305199739663,
    ],
    [
      80.0, 1.0, 0.85, -13.001514359821995, -0.16251892949777494, 3.1340372167821635,
      -2.2569115922484136e-6, 3.667912698509096e-7, -7.073252906943857e-6,
    ],
    [
      80.0, 120.0, 0.3, -6.581732016630097, -0.3142979178010557, 0.16832712437356467,
      -0.0013864082171515769, 0.00043604741588834135, -0.00023353195630608083,
    ],
    [
      1000.0, 1.0, 0.85, -162.51892949777493, -0.16251892949777494, 5.593980222083942,
      -2.6237697113884267e-71, 4.2641224474353297e-72, -1.467731587280975e-70,
    ],
  ])('at %d, %d and %d', (a, b, x, lower, lowerByA, lowerByB, upper, upperByA, upperByB) => {
    const found = newIncompleteBeta();
    writeIncompleteBeta(a, b, x, 1 - x, found);
    const near = (ours: number, theirs: number) =>
      expect(Math.abs(ours - theirs)).toBeLessThan(1e-12 * Math.abs(theirs));
    near(found.lower, lower);
    near(found.lowerByA, lowerByA);
    near(found.lowerByB, lowerByB);
    near(found.upper, upper);
    near(found.upperByA, upperByA);
    near(found.upperByB, upperByB);
  });
});

interface Situation {
  readonly eta: number;
  readonly trials: number;
  /** Ascending. */
  readonly ends: readonly [number, number];
}

/** Ends of an interval with a probability that is neither tiny nor 1. */
function situations(family: Family): fc.Arbitrary<Situation> {
  const { simulate } = responseDistribution(family);
  const aux = Float64Array.from(auxiliaryValues(family));
  return fc
    .record({ eta: fc.double({ min: -1, max: 1.5, noNaN: true }), seed: fc.nat(1000) })
    .map(({ eta, seed }) => {
      const trials = hasTrials(family) ? 5 + (seed % 20) : 1;
      const drawn = simulate(eta, aux, trials, randomStream('limits', seed));
      return { eta, trials, ends: nearby(family, drawn) };
    });
}

/** E f(Y) over after < Y ≤ upTo, by the density. */
function moment(
  family: Family,
  { eta, trials, ends: [after, upTo] }: Situation,
  f: (y: number) => number,
): number {
  const aux = auxiliaryValues(family).map((value) => Float64Array.of(value));
  const write = responseDistribution(family).logDensities(aux);
  const term = (y: number): number => {
    const target = Float64Array.of(eta);
    write(y, trials, target);
    return f(y) * Math.exp(target[0] ?? Number.NaN);
  };
  if (traitsOf(family).outcome !== 'real') {
    let sum = 0;
    const most = hasTrials(family) ? Math.min(upTo, trials) : upTo;
    for (let y = Math.max(0, after + 1); y <= most; y++) sum += term(y);
    return sum;
  }
  // Of a density with a kink, the sides of it.
  const kink = hasKinks(family) && after < eta && eta < upTo ? [eta] : [];
  const pieces = [after, ...kink, upTo];
  return pieces.slice(1).reduce((sum, to, i) => sum + integral(term, pieces[i] ?? to, to), 0);
}

const families: readonly Family[] = limitedFamilies.flatMap((family) => {
  const [link] = linksOf(family);
  return link ? [{ family, link }] : [];
});

describe.each(families)('$family', (family) => {
  const aux = auxiliaryValues(family);

  it('has the probability of an interval that its density has', () => {
    fc.assert(
      fc.property(situations(family), (situation) => {
        const { eta, trials, ends } = situation;
        const log = logInterval(family, ends, eta, aux, trials);
        const wanted = moment(family, situation, () => 1);
        expect(Math.exp(log)).toBeGreaterThan(wanted * (1 - 1e-8));
        expect(Math.exp(log)).toBeLessThan(wanted * (1 + 1e-8));
      }),
      { seed: 2025, numRuns: 30 },
    );
  });

  it('has the density within bounds that is its own over the probability of the bounds', () => {
    fc.assert(
      fc.property(situations(family), ({ eta, trials, ends: [after, upTo] }) => {
        const middle = Math.ceil(0.5 * (after + upTo));
        const y = traitsOf(family).outcome === 'real' ? 0.5 * (after + upTo) : middle;
        fc.pre(!hasTrials(family) || y <= trials);
        const own = Float64Array.of(eta);
        const write = responseDistribution(family).logDensities(
          aux.map((value) => Float64Array.of(value)),
        );
        write(y, trials, own);
        const whole = logInterval(family, [after, upTo], eta, aux, trials);
        const within = logInterval(family, [y, y, after, upTo], eta, aux, trials);
        expect(within).toBeCloseTo((own[0] ?? Number.NaN) - whole, 10);
      }),
      { seed: 2025, numRuns: 30 },
    );
  });

  const { means, outcomes } = truncatedFamily(family);
  it.runIf(means)('has the mean within bounds that its density has', () => {
    fc.assert(
      fc.property(situations(family), (situation) => {
        const { eta, trials, ends } = situation;
        const { inverseLink } = responseDistribution(family);
        const location = Float64Array.of(inverseLink(eta));
        const [after, upTo] = ends;
        means?.(aux.map((value) => Float64Array.of(value)))(location, trials, { after, upTo });
        const wanted = moment(family, situation, (y) => y) / moment(family, situation, () => 1);
        expect(location[0]).toBeGreaterThan(wanted - 1e-7 * (1 + Math.abs(wanted)));
        expect(location[0]).toBeLessThan(wanted + 1e-7 * (1 + Math.abs(wanted)));
      }),
      { seed: 2025, numRuns: 30 },
    );
  });

  it.each(['likely', 'unlikely'] as const)('draws %s outcomes within their bounds', (kind) => {
    const n = 2000;
    const eta = 0.4;
    const trials = hasTrials(family) ? 12 : 1;
    const { inverseLink } = responseDistribution(family);
    const location = inverseLink(eta);
    const aux2 = aux.map((value) => new Float64Array(n).fill(value));
    // Far in the upper tail every draw is by the quantile, elsewhere most are ordinary ones.
    const after = boundOf(family, { eta, aux, trials }, kind === 'likely' ? -0.5 : -25);
    const drawn = new Float64Array(n).fill(location);
    outcomes(aux2)(drawn, trials, { after, upTo: EVER }, randomStream('within', kind));
    expect(drawn.every((y) => y > after)).toBe(true);
    // P(Y ≤ y | Y > after) is uniform: of the mean over n draws the standard error is (12 n)^−½. Counts are spread
    // evenly over their own step.
    const whole = logInterval(family, [after, EVER], eta, aux, trials);
    const random = randomStream('within', 'pit');
    const isWhole = traitsOf(family).outcome !== 'real';
    const above = (y: number) => Math.exp(logInterval(family, [y, EVER], eta, aux, trials) - whole);
    let sum = 0;
    for (const y of drawn) {
      const u = isWhole ? random.uniform() : 0;
      sum += isWhole ? u * above(y) + (1 - u) * above(y - 1) : above(y);
    }
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(4 / Math.sqrt(12 * n));
  });
});

/** The least number with log P(Y > y) of at most this, by bisection; of few trials the last but one. */
function boundOf(
  family: Family,
  { eta, aux, trials }: { eta: number; aux: readonly number[]; trials: number },
  wanted: number,
): number {
  const isWhole = traitsOf(family).outcome !== 'real';
  let [low, high] = [
    -1,
    hasTrials(family) ? trials - 1 : traitsOf(family).mean === 'probability' ? 1 : 1e7,
  ];
  for (let i = 0; i < 100 && high - low > (isWhole ? 1 : 0); i++) {
    const middle = isWhole ? Math.floor(0.5 * (low + high)) : 0.5 * (low + high);
    if (logInterval(family, [middle, EVER], eta, aux, trials) <= wanted) high = middle;
    else low = middle;
  }
  return high;
}
