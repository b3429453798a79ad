/** CmdStan's CSV: what is written reads back; what CmdStan writes is read, or refused by line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawsTable } from '../../src/exchange/bytes.js';
import { readCmdstanCsv } from '../../src/exchange/cmdstan-read.js';
import { cmdstanCsv } from '../../src/exchange/cmdstan-write.js';
import type { FittedRegression } from '../../src/regression/fitted-regression.js';
import { anyFit, madeUpFit } from './support.js';

describe('files that are written', () => {
  it('read back as the same draws, names and statistics', () => {
    fc.assert(
      fc.property(anyFit, (fit) => {
        const read = readCmdstanCsv(cmdstanCsv(fit));
        expect(read.draws).toEqual(fit.draws);
        const told = fit.chains.map(({ transitions }) => Array.from(transitions.acceptance));
        expect(Array.from(read.samplerStatistics.accept_stat__)).toEqual(told.flat());
        expect(read.chains.map(({ stepSize }) => stepSize)).toEqual(
          fit.chains.map(({ stepSize }) => stepSize),
        );
        expect(read.chains[0].inverseMetric).toEqual(fit.chains[0].inverseMetric);
        expect(read.warmup).toBeNull();
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('have names that R takes as they are, no two the same', () => {
    fc.assert(
      fc.property(anyFit, (fit) => {
        const names = headerOf(cmdstanCsv(fit)[0]);
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]*(\.\d+)?$/);
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  it('have the effects of a group as the elements of one array', () => {
    const [text] = cmdstanCsv(madeUpFit());
    expect(headerOf(text).slice(7)).toEqual([
      'b_Intercept',
      'b_x',
      'b_x_z',
      'sd_g__Intercept',
      'sd_g__x',
      'cor_g__Intercept__x',
      'sigma',
      'r_g__Intercept.1',
      'r_g__Intercept.2',
      'r_g__Intercept.3',
      'r_g__x.1',
      'r_g__x.2',
      'r_g__x.3',
    ]);
  });

  it('keep every comment on a line that a reader splits at one equals sign', () => {
    const [text] = cmdstanCsv(madeUpFit({ coefficients: ['I(x == 2)', 'two\nlines', 'ü', '数'] }));
    const comments = text.split('\n').filter((line) => line.startsWith('#'));
    for (const line of comments) expect(line.split('=').length).toBeLessThanOrEqual(2);
    const names = readCmdstanCsv([text]).draws.parameterNames;
    expect(names.slice(1, 5)).toEqual(['b_I(x == 2)', 'b_two\nlines', 'b_ü', 'b_数']);
  });

  it('tell of a dense metric row by row', () => {
    const fit = madeUpFit();
    const inverseMetric = Float64Array.from([2, 0.5, 0.5, 1]);
    const dense: FittedRegression = {
      ...fit,
      settings: { ...fit.settings, metric: 'dense' },
      chains: fit.chains.map((chain) => ({ ...chain, inverseMetric })),
    };
    const [text] = cmdstanCsv(dense, { warmupSeconds: 1, samplingSeconds: 0.5 });
    expect(text).toContain('# Elements of inverse mass matrix:\n# 2, 0.5\n# 0.5, 1\n');
    expect(text).toContain('metric = dense_e');
    expect(text).toContain('#                1.5 seconds (Total)\n');
    expect(readCmdstanCsv([text]).chains[0].inverseMetric).toEqual(inverseMetric);
  });
});

function headerOf(text: string): string[] {
  const line = text.split('\n').find((one) => one.startsWith('lp__')) ?? '';
  return line.split(',');
}

/** A file as CmdStan 2.33 writes it, of two draws after one of saved warm-up, thinned by two. */
const REAL = `# stan_version_major = 2
# stan_version_minor = 33
# model = example_model
# method = sample (Default)
#   sample
#     num_samples = 3
#     num_warmup = 2
#     save_warmup = true
#     thin = 2
#     adapt
#       engaged = true (Default)
#     algorithm = hmc (Default)
#       hmc
#         engine = nuts (Default)
#         metric = diag_e (Default)
# id = 1 (Default)
# data
#   file = example.data.json
# output
#   file = output.csv (Default)
lp__,accept_stat__,stepsize__,treedepth__,n_leapfrog__,divergent__,energy__,mu,theta.1,theta.2,L.1.1,L.2.1
-9.5,0.9,1.1,1,3,0,10.2,0.1,0.2,0.3,1,-0.5
# Adaptation terminated
# Step size = 0.87
# Diagonal elements of inverse mass matrix:
# 0.5, 1e-3
-7.25,1,0.87,2,3,0,7.5,1.5,2.5,3.5,1,nan
-7.5,0.75,0.87,1,1,1,8,-1e-05,+2,.5,inf,-inf
# 
#  Elapsed Time: 0.004 seconds (Warm-up)
#                0.012 seconds (Sampling)
#                0.016 seconds (Total)
# 
`;

describe("CmdStan's files", () => {
  it('are read with indices, saved warm-up and thinning', () => {
    const { draws, warmup, samplerStatistics, chains } = readCmdstanCsv([REAL]);
    expect(draws).toEqual({
      parameterNames: ['mu', 'theta[1]', 'theta[2]', 'L[1,1]', 'L[2,1]'],
      chains: 1,
      drawsPerChain: 2,
      values: Float64Array.from([1.5, 2.5, 3.5, 1, NaN, -1e-5, 2, 0.5, Infinity, -Infinity]),
    });
    expect(warmup?.values).toEqual(Float64Array.from([0.1, 0.2, 0.3, 1, -0.5]));
    expect(samplerStatistics).toEqual({
      lp__: Float64Array.from([-7.25, -7.5]),
      accept_stat__: Float64Array.from([1, 0.75]),
      stepsize__: Float64Array.from([0.87, 0.87]),
      treedepth__: Float64Array.from([2, 1]),
      n_leapfrog__: Float64Array.from([3, 1]),
      divergent__: Float64Array.from([0, 1]),
      energy__: Float64Array.from([7.5, 8]),
    });
    expect(chains[0].stepSize).toBe(0.87);
    expect(chains[0].inverseMetric).toEqual(Float64Array.from([0.5, 0.001]));
    expect(chains[0].settings.get('model')).toBe('example_model');
    expect(chains[0].settings.get('file')).toBe('example.data.json');
  });

  it('are read the same with Windows line ends', () => {
    const read = readCmdstanCsv([REAL.replaceAll('\n', '\r\n')]);
    expect(read).toEqual(readCmdstanCsv([REAL]));
  });

  it('are read from one text as from an array of one', () => {
    expect(readCmdstanCsv(REAL)).toEqual(readCmdstanCsv([REAL]));
    expect(() => readCmdstanCsv(new Uint8Array() as never)).toThrow(/^expected the text of a /);
  });

  it('of several chains are joined in their order', () => {
    const other = REAL.replace('1.5,2.5', '9,9');
    const { draws } = readCmdstanCsv([REAL, other]);
    expect([draws.chains, draws.drawsPerChain]).toEqual([2, 2]);
    expect([draws.values[0], draws.values[10], draws.values[11]]).toEqual([1.5, 9, 9]);
  });

  it('of fixed_param, which adapts nothing, are read', () => {
    const text = 'lp__,accept_stat__,y.1\n0,0,4\n0,0,5\n';
    const { draws, chains } = readCmdstanCsv([text]);
    expect(draws.parameterNames).toEqual(['y[1]']);
    expect(chains[0]).toMatchObject({ stepSize: null, inverseMetric: null });
  });

  it.each([
    ['as its head says', 'algorithm = fixed_param'],
    ['as CmdStan takes it for a model without parameters', 'algorithm = hmc (Default)'],
  ])('of fixed_param have no warm-up, though it was to be saved: %s', (_why, algorithm) => {
    const head = REAL.slice(0, REAL.indexOf('lp__')).replace(
      'algorithm = hmc (Default)',
      algorithm,
    );
    const rows = 'lp__,accept_stat__,y.1\n0,0,4\n0,0,5\n';
    const { draws, warmup } = readCmdstanCsv([
      `${head}${rows}#\n#  Elapsed Time: 0 seconds (Warm-up)\n`,
    ]);
    expect(Array.from(draws.values)).toEqual([4, 5]);
    expect(warmup).toBeNull();
    const short = rows.slice(0, -'0,0,5\n'.length);
    expect(() => readCmdstanCsv([head + short])).toThrow(/ is cut short at line \d+: /);
  });

  it.each([
    ['optimize', 'lp__,mu'],
    ['variational', 'lp__,log_p__,log_g__,mu'],
    ['pathfinder', 'lp_approx__,lp__,mu'],
    ['laplace', 'log_p__,log_q__,mu'],
    ['generate_quantities', 'y_rep.1'],
    ['log_prob', 'lp__,g_mu'],
  ])('of method %s are refused by its name', (method, header) => {
    const rows = `${header}\n${header.replaceAll(/[^,]+/g, '1')}\n`;
    expect(() => readCmdstanCsv([`# method = ${method}\n#   ${method}\n${rows}`])).toThrow(
      `CmdStan CSV 1 is of CmdStan's method ${method}, which has no chains: expected method sample`,
    );
    // Without a head, its draws are not taken for a chain's.
    expect(() => readCmdstanCsv([rows])).toThrow(
      /^CmdStan CSV 1[ ,][^\n]*expected [^\n]*method sample$/,
    );
  });

  it('are read whatever a comment holds, however long it is', () => {
    const long = 200_000;
    for (const comment of [
      `#${' '.repeat(long)}x`,
      `# a${' '.repeat(long)}=${' '.repeat(long)}b`,
      `# a =${' '.repeat(long)}(Default) b`,
      `# ${'='.repeat(long)}`,
      `#${'lements of inverse mass matrix '.repeat(10_000)}`,
    ]) {
      expect(readCmdstanCsv([`${comment}\n${REAL}`]).draws).toEqual(readCmdstanCsv([REAL]).draws);
    }
    const cell = `${'1'.repeat(long)}x`;
    expect(() => readCmdstanCsv([REAL.replace('3.5', cell)])).toThrow(
      `column theta.2: found '${cell.slice(0, 40)}…', expected a number`,
    );
  });

  it('are refused wherever they were cut short', () => {
    const fit = madeUpFit();
    const [text] = cmdstanCsv(fit);
    const end = text.lastIndexOf('# \n#  Elapsed');
    fc.assert(
      fc.property(fc.nat({ max: end - 1 }), (at) => {
        expect(() => readCmdstanCsv([text.slice(0, at)])).toThrow(
          /^CmdStan CSV 1(, line \d+: | is cut short at line \d+: )[^\n]+$/,
        );
      }),
      { seed: 3, numRuns: 300, examples: [[text.indexOf('method = sam') + 12]] },
    );
  });

  it.each<[string, readonly string[], string]>([
    ['no files', [], 'there are no CmdStan CSV files: expected one a chain'],
    [
      'another kind of CSV',
      ['y,x\n1,2\n'],
      "one.csv, line 1: there is no row of names that starts with lp__,accept_stat__: expected a CSV file of CmdStan's method sample",
    ],
    [
      'a file of another method',
      [REAL.replace('method = sample', 'method = optimize')],
      "one.csv is of CmdStan's method optimize, which has no chains: expected method sample",
    ],
    [
      'a cell that is no number',
      [REAL.replace('3.5', 'x')],
      "one.csv, line 27, column theta.2: found 'x', expected a number",
    ],
    [
      'a row that is too short',
      [REAL.replace(',nan\n', '\n')],
      'one.csv, line 27: 11 numbers, expected 12 as the header has names',
    ],
    [
      'fewer draws than its head says',
      [REAL.replace(/^-7\.5.*\n/m, '')],
      'one.csv is cut short at line 27: the last of 2 draws, expected 3',
    ],
    [
      'more draws than its head says',
      [REAL.replace('num_samples = 3', 'num_samples = 1')],
      'one.csv, line 28: 3 draws, expected 2 as its head says',
    ],
    [
      'chains of other columns',
      [REAL, REAL.replace('theta.2', 'eta')],
      'two.csv, line 21: column 10 is eta, expected theta.2 as in one.csv',
    ],
    [
      'chains of other lengths',
      [REAL, REAL.replace('= true', '= false').replace('samples = 3', 'samples = 6')],
      'two.csv has 3 draws and 0 of warm-up, expected 2 and 1 as one.csv has',
    ],
  ])('are refused in one line: %s', (_what, texts, message) => {
    const sources = ['one.csv', 'two.csv'].slice(0, texts.length);
    expect(() => readCmdstanCsv(texts, sources)).toThrow(message);
  });
});

describe('the table of draws', () => {
  it("has posterior's names for chain, iteration and draw", () => {
    const values = Float64Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
    const draws = { parameterNames: ['b_x', 'r_g[a,"b"]'], chains: 2, drawsPerChain: 2, values };
    expect(drawsTable(draws)).toBe(
      '.chain,.iteration,.draw,b_x,"r_g[a,""b""]"\n1,1,1,1,2\n1,2,2,3,4\n2,1,3,5,6\n2,2,4,7,8\n',
    );
  });
});
