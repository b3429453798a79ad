/**
 * The methods of a fit as callers from JavaScript meet them: options that there are not, and values
 * that no compiler has seen, end in a line that names them and never in a TypeError; results are plain
 * data beside their text.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { looCompare } from '../../src/posterior/loo-compare.js';
import { bernoulli } from '../../src/regression/options.js';
import { exponential, lkj, normal } from '../../src/regression/priors/constructors.js';
import { defaultPrior, samplePrior } from '../../src/regression/priors/default-prior.js';
import { type RegressionFit, regression } from '../../src/regression/regression.js';
import { requireMethodOptions } from '../../src/regression/regression-fit.js';
import { calibrate } from '../../src/regression/validation/calibrate.js';
import { recover } from '../../src/regression/validation/recover.js';
import {
  calibrateRegression,
  recoverRegression,
} from '../../src/regression/validation/regression-simulations.js';

const rows = Array.from({ length: 24 }, (_, i) => ({
  y: (i * 7) % 3 === 0 ? 1 : 0,
  x: Math.sin(i),
  f: 'ab'[i % 2] ?? '',
  g: 'pqr'[i % 3] ?? '',
}));
const model = {
  formula: 'y ~ x + f + (1 | g)',
  family: bernoulli(),
  data: rows,
  prior: [normal(0, 1).on('b'), normal(0, 1).on('Intercept'), exponential(1).on('sd')],
  chains: 2,
  warmup: 100,
  draws: 50,
};
let fit: RegressionFit;
beforeAll(async () => {
  fit = await regression(model);
});

/** Anything may be called with anything, as in JavaScript. */
type AnyFunction = (...args: unknown[]) => unknown;
const called = (name: string, ...args: unknown[]) =>
  (fit as unknown as Record<string, AnyFunction>)[name]?.(...args);

/** The message of an error of ours, a single line; null where there is none. */
function messageOf(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (error) {
    if (!(error instanceof WeighbridgeError)) throw error;
    expect(error.message).not.toMatch(/\n/);
    return error.message;
  }
}

describe('options of methods', () => {
  it.each<[method: string, args: unknown[], message: string | RegExp]>([
    ['predict', [{ newdata: rows }], "there is no option 'newdata' of predict; it is data here"],
    [
      'predict',
      [rows],
      /^predict takes its options by name, for example \{ data: … \}, found an array/,
    ],
    ['fitted', [{ re_formula: null }], /'re_formula' of fitted; it is groups here/],
    ['fitted', [{ allow_new_levels: true }], /; it is newLevels here/],
    ['fitted', [{ summary: false }], /; posteriorEpred, .* give the draws/],
    ['posteriorEpred', [{ ndraws: 10 }], /; it is draws here/],
    ['ppc', [{ ndraws: 10 }], /; it is replications here/],
    ['hdi', [{ ci: 0.9 }], "there is no option 'ci' of hdi; it is mass here"],
    ['hdi', [0.9], /^hdi takes its options by name, for example \{ mass: … \}, found 0.9/],
    ['summary', [{ probs: [0.1, 0.9] }], /; it is mass here/],
    ['fixef', [{ robst: true }], /, did you mean 'robust'\? \(options: mass, robust\)/],
    ['pd', [{ null: 1 }], /; it is reference here/],
    ['pd', [{ reference: '1' }], "reference is the text '1', but must be a number"],
    ['rope', [{ ci: 1 }], /; it is mass here/],
    ['rope', [{ range: 0.1 }], /^range is 0.1, but must be two numbers, the lesser first/],
    ['means', [{ specs: 'f' }], /; it is by here/],
    ['means', [{ by: 3 }], /^by is 3, expected text/],
    ['means', [{ at: null }], /^at is null, expected values by predictor/],
    ['loo', [{ reloo: true }], /'reloo' of loo; observations of a high Pareto k are left out/],
    [
      'loo',
      [{ r_eff: 1 }],
      "there is no option 'r_eff' of loo (options: refits, momentMatch, integrate, grouped, runner, onProgress, signal)",
    ],
    [
      'waic',
      ['x'],
      "waic takes its options by name, for example { onProgress: … }, found the text 'x'",
    ],
    ['conditionalEffects', ['x', { int_conditions: {} }], /; a second number stands at its mean/],
    [
      'conditionalEffects',
      [{ effects: 'x' }],
      /^an effect is an object, expected text, for example 'x1:x2'/,
    ],
    ['conditionalEffects', ['x', { conditions: [] }], /^conditions is an array/],
    [
      'trends',
      [],
      /^of is undefined, expected the predictor .* for example trends\(\{ of: 'x' \}\)/,
    ],
    [
      'trends',
      ['x'],
      /^trends takes its options by name, for example \{ of: … \}, found the text 'x'/,
    ],
    ['trends', [{ var: 'x' }], "there is no option 'var' of trends; it is of here"],
    ['hypothesis', [], /^a hypothesis is undefined, expected text, for example 'x1 - x2 > 0'/],
    ['hypothesis', ['x > 0', { prob: 0.9 }], /; it is mass here/],
    ['hypothesis', ['x > 0', { class: 3 }], /^class is 3, expected text/],
    ['priorSensitivity', [{ variable: 'x' }], /; it is parameters here/],
    ['priorSensitivity', [{ threshold: '1' }], /^threshold is the text '1'/],
    ['linpred', [{ groups: 5 }], /^groups is 5, but must be all, none or an array of names/],
    ['predict', [{ seed: {} }], /^seed is an object, but must be a number or a text/],
    ['predict', [{ data: 5 }], /^data is 5, expected an array of records/],
    ['r2', [null], /^r2 takes its options by name, .* found null/],
  ])('of %s like %j are refused in a line', (method, args, message) => {
    expect(messageOf(() => called(method, ...args))).toMatch(message);
  });

  it('end in a result or in a line, whatever is given for them', () => {
    const odd = [null, true, 0.5, -1, Number.NaN, 'x', '', [], {}, ['x', 3], new Date(0), () => 1];
    const oddest = [...odd, Symbol('s'), 3n, Object.create(null), new Map(), [[]], { x: [{}] }];
    const methods = Object.keys(fitMethodOptions);
    let refused = 0;
    for (const method of methods) {
      const subject = { conditionalEffects: ['x'], hypothesis: ['x > 0'] }[method] ?? [];
      const options = fitMethodOptions[method] ?? [];
      for (const value of oddest) {
        const calls = [
          [value],
          [value, value],
          ...options.map((option) => [...subject, { of: 'x', [option]: value }]),
          ...options.map((option) => [...subject, { [option]: value }]),
        ];
        for (const args of calls) if (messageOf(() => called(method, ...args)) !== null) refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  it.each(['refits', 'runner', 'onProgress', 'signal'])(
    'of loo: %s is refused in a line, or has no effect',
    async (option) => {
      for (const value of [null, true, -1, Number.NaN, 'x', [], {}, new Date(0), Symbol('s'), 3n]) {
        await (called('loo', { [option]: value }) as Promise<unknown>).catch((error: unknown) => {
          expect(error).toBeInstanceOf(WeighbridgeError);
          expect((error as WeighbridgeError).message).toMatch(/^\w+ is .*, but must be [^\n]*$/);
        });
      }
      expect(() => called('loo', null)).toThrow(/^loo takes its options by name/);
    },
  );

  it('are asked for before anything is done with what cannot be changed', async () => {
    const update = (changes: unknown) =>
      fit.update(changes as Parameters<RegressionFit['update']>[0]).then(
        () => null,
        (error: unknown) => (error instanceof WeighbridgeError ? error.message : error),
      );
    expect(await update('y ~ x')).toMatch(/^update takes its options by name/);
    expect(await update(null)).toMatch(/^update takes its options by name/);
    expect(await update({ newdata: rows })).toBe(
      "there is no option 'newdata' of update; it is data here",
    );
  });
});

/** As the messages list them: a method's options, by asking for one that there is not. */
const fitMethodOptions: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  (
    [
      ...['summary', 'fixef', 'ranef', 'coef', 'hdi', 'eti', 'pd', 'rope', 'fitted', 'linpred'],
      ...['predict', 'posteriorLinpred', 'posteriorEpred', 'posteriorPredict', 'ppc', 'r2'],
      ...['conditionalEffects', 'hypothesis', 'trends', 'means', 'waic', 'priorSensitivity'],
    ] as const
  ).map((method) => {
    const nothing = { '?': 1 };
    const message = messageOf(() => requireMethodOptions(method, [nothing, nothing])) ?? '';
    const options = /\(options: (.*)\)$/.exec(message)?.[1] ?? '';
    return [method, options === 'none' ? [] : options.split(', ')];
  }),
);

describe('options of functions', () => {
  const any = (f: unknown) => f as AnyFunction;
  const prior = any(normal(0, 1).on);
  it.each<[what: string, call: () => unknown, message: string | RegExp]>([
    ['on', () => prior('b', { coeff: 'x' }), /'coeff' of on, did you mean 'coef'\?/],
    ['on', () => prior('b', 'x'), /^on takes its options by name, for example \{ coef: … \}/],
    ['on', () => prior('b', { coef: 3 }), 'coef of a prior is 3, expected a name'],
    ['on', () => prior({ class: 'b' }), /^there is no prior class an object/],
    ['on', () => any(lkj(2).on)('cor', { coef: 'x' }), /'coef' of on/],
    ['a family', () => any(bernoulli)({ lnk: 'logit' }), /'lnk' of bernoulli, did you mean 'link'/],
    ['a family', () => any(bernoulli)('probitt'), /^link of the family bernoulli is probitt/],
    ['a family', () => any(bernoulli)({ link: 3 }), /^link of the family bernoulli is 3/],
    ['a family', () => any(bernoulli)(null), /^bernoulli takes its options by name/],
    ['samplePrior', () => any(samplePrior)({ ...model, ndraws: 9 }), /; it is draws here/],
    ['samplePrior', () => any(samplePrior)(), /^expected options/],
    ['samplePrior', () => any(samplePrior)({ ...model, seed: {} }), /^seed is an object/],
    [
      'defaultPrior',
      () => any(defaultPrior)('y ~ x', { data: rows, famly: 1 }),
      /'famly' of defaultPrior/,
    ],
    [
      'looCompare',
      () => any(looCompare)([fit, fit]),
      /^expected the models to compare by their names/,
    ],
    [
      'looCompare',
      () => any(looCompare)(fit, fit),
      /^expected the models to compare by their names/,
    ],
    ['looCompare', () => any(looCompare)(), /^expected the models to compare by their names/],
    ['looCompare', () => any(looCompare)({ a: 3, b: fit }), /^'a' is not what loo\(\), waic/],
    ['looCompare', () => any(looCompare)({ a: null, b: 3 }), /^'a' is not what loo/],
    ['looCompare', () => any(looCompare)({ a: fit, b: fit }), /^'a' is a fit, expected what its/],
  ])('like those of %s are refused in a line (%#)', (_, call, message) => {
    expect(messageOf(call)).toMatch(message);
  });

  it.each<[what: string, call: () => unknown, message: string | RegExp]>([
    [
      'calibrate',
      () => any(calibrate)({ simulations: 9 }),
      /^drawPrior is undefined, but must be a/,
    ],
    ['calibrate', () => any(calibrate)(), /^calibrate takes its options by name/],
    ['calibrate', () => any(calibrate)({ prior: 1 }), /'prior' of calibrate/],
    [
      'recover',
      () => any(recover)({ at: 3, simulate: any, fit: any }),
      /^at is 3, expected values/,
    ],
    [
      'recover',
      () => any(recover)({ at: { b: 'x' }, simulate: any, fit: any }),
      /^at.b is the text/,
    ],
    [
      'recover',
      () => any(recover)({ at: { b: 1 }, simulate: any, fit: any, settings: 'x' }),
      /^there is no option 'settings' of recover/,
    ],
    [
      'calibrateRegression',
      () => any(calibrateRegression)({ ...model, ndraws: 1 }),
      /of calibrateRegression; it is draws/,
    ],
    [
      'calibrateRegression',
      () => any(calibrateRegression)({ ...model, parameters: ['z'] }),
      /^no parameter 'z'/,
    ],
    ['recoverRegression', () => any(recoverRegression)(model), /^at is undefined, expected values/],
    [
      'recoverRegression',
      () => any(recoverRegression)({ ...model, At: {} }),
      /'At' of recoverRegression, did you mean 'at'/,
    ],
  ])('like those of %s are refused in a line (%#)', async (_, call, message) => {
    const error = await Promise.resolve()
      .then(call)
      .catch((reason: unknown) => reason);
    if (!(error instanceof WeighbridgeError)) throw error;
    expect(error.message).toMatch(message);
  });

  it('of a family may be the link alone, as in brms', () => {
    expect(bernoulli('probit')).toEqual(bernoulli({ link: 'probit' }));
  });
});

describe('names of parameters', () => {
  it('of coefficients stand with or without b_, one or several', () => {
    const whole = fit.hdi({ parameters: ['b_x', 'sd_g__Intercept'] });
    expect(fit.hdi({ parameters: ['x', 'sd_g__Intercept'] })).toEqual(whole);
    expect(fit.pd({ parameters: 'x' })).toEqual(fit.pd({ parameters: ['b_x'] }));
    expect(fit.priorSensitivity({ parameters: 'x' }).rows[0]?.name).toBe('b_x');
  });

  it('that there are not are answered by the nearest and the first few of all', async () => {
    const message = messageOf(() => fit.hdi({ parameters: ['xx'] }));
    expect(message).toBe(
      "no parameter 'xx' in this fit, did you mean 'x'?: it has b_Intercept, b_x, b_fb, sd_g__Intercept, r_g[p,Intercept], r_g[q,Intercept], r_g[r,Intercept]",
    );
    const many = rows.map((row, i) => ({ ...row, g: `level ${i % 12}` }));
    const wide = await fit.update({ data: many });
    expect(messageOf(() => wide.hdi({ parameters: ['zzzzz'] }))).toMatch(/, … \(16 in all\)$/);
    expect(messageOf(() => wide.hypothesis('zzzzz > 0', { class: '' }))).toMatch(
      /, … \(16 in all\)$/,
    );
  });
});

describe('results', () => {
  it('can be posted to another thread, and are the same there', async () => {
    for (const result of [
      ...[
        await fit.loo(),
        fit.waic(),
        fit.priorSensitivity(),
        looCompare({ a: fit.waic(), b: fit.waic() }),
      ],
      ...[fit.summary(), fit.hdi(), fit.fixef(), fit.ranef(), fit.coef(), fit.r2(), fit.ppc()],
      ...[fit.fitted(), fit.conditionalEffects(), fit.means({ by: 'f' }), fit.hypothesis('x > 0')],
    ]) {
      expect(structuredClone(result)).toEqual(result);
      expect(String(result)).not.toMatch(/^\[object|^function/);
      expect(Object.keys(result)).not.toContain('toString');
    }
  });

  it('of calibration and recovery as well', async () => {
    const of = { ...model, simulations: 4, draws: 60, warmup: 60 };
    const at = { b_Intercept: 0, b_x: 0.5, b_fb: 0, sd_g__Intercept: 0.5 };
    const calibration = await calibrateRegression({ ...of, parameters: 'x', rankedDraws: 9 });
    const recovery = await recoverRegression({ ...of, at });
    for (const result of [calibration, recovery]) {
      expect(structuredClone(result)).toEqual(result);
      expect(String(result)).toMatch(/\n {0,}b_x /);
    }
    expect(calibration.parameters.map(({ name }) => name)).toEqual(['b_x', 'log_lik']);
  });

  it('keep the outcomes of LOO, and their text', async () => {
    expect([...(await fit.loo()).outcomes]).toEqual(rows.map(({ y }) => y));
    expect(String(await fit.loo())).toContain('Computed from 100 by 24 log-likelihood matrix');
    expect(String(fit.waic())).toContain('elpd_waic');
  });

  it('of a fit as JSON are its summary, not its draws', () => {
    const json = JSON.stringify(fit);
    expect(json.length).toBeLessThan(6000);
    const { model: of, settings, coefficients, group_effects: effects } = JSON.parse(json);
    expect(of).toMatchObject({ formula: 'y ~ x + f + (1 | g)', family: 'bernoulli', rows: 24 });
    expect(settings).toMatchObject({ chains: 2, draws: 50 });
    expect(Object.keys(coefficients)).toEqual(['b_Intercept', 'b_x', 'b_fb', 'sd_g__Intercept']);
    expect(Object.keys(effects)).toHaveLength(3);
    expect(coefficients.b_x.mean).toBe(fit.fixef()[1]?.mean);
    expect(Object.keys(fit)).not.toContain('toJSON');
  });
});

describe('estimates in print', () => {
  const lines = (result: unknown) => String(result).split('\n');
  const head = / +Estimate +Est\.Error +Q2\.5 +Q97\.5$/;

  it('have the heads of brms, and the quantiles of the interval that was asked for', () => {
    for (const result of [fit.fixef(), fit.r2(), fit.fitted(), fit.predict(), fit.linpred()]) {
      expect(lines(result)[0]).toMatch(head);
    }
    expect(lines(fit.fixef({ mass: 0.9 }))[0]).toMatch(/ Q5 +Q95$/);
    expect(lines(fit.fixef()).map((line) => line.split(' ')[0])).toEqual([
      ...['', 'Intercept', 'x', 'fb'],
    ]);
    expect(lines(fit.r2())[1]).toMatch(/^R2 /);
    expect(lines(fit.fitted())[24]).toMatch(/^\[24,\] /);
  });

  it('of groups are a table for each coefficient, of the levels', () => {
    expect(lines(fit.ranef()).map((line) => line.split(' ')[0])).toEqual([
      ...['g,', '', 'p', 'q', 'r'],
    ]);
    expect(lines(fit.coef()).filter((line) => /^g, .*:$/.test(line))).toEqual([
      ...['g, Intercept:', 'g, x:', 'g, fb:'],
    ]);
    expect(lines(fit.coef())[1]).toMatch(head);
  });

  it('of many rows end with how many are not shown', () => {
    const data = Array.from({ length: 130 }, () => rows[0] ?? {});
    expect(lines(fit.fitted({ data })).slice(-2)[0]).toMatch(/^\[100,\]/);
    expect(lines(fit.fitted({ data })).at(-1)).toBe('… and 30 more rows');
  });

  it('of conditional effects have the predictors beside them', () => {
    const effects = fit.conditionalEffects(['x', 'x:f']);
    expect(lines(effects[0])[0]).toBe('y by x:');
    expect(lines(effects[0])[1]).toMatch(/^ +x +Estimate/);
    expect(lines(effects[0]).at(-1)).toBe('… and 90 more rows');
    expect(String(effects)).toContain('\n\ny by x and f:\n');
  });

  it('show in Node’s console', async () => {
    const { inspect } = await import('node:util');
    expect(inspect(fit.fixef())).toBe(String(fit.fixef()));
    const loo = await fit.loo();
    expect(inspect(loo)).toBe(String(loo));
  });
});
