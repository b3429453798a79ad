/** Texts of formulas: what is read, what is refused and where, and that nothing else can happen. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWeighbridgeError } from '../../src/errors.js';
import { formatExpression, formatFormula, formatNumber } from '../../src/formula/format.js';
import type { Formula } from '../../src/formula/formula.js';
import { modelFrame } from '../../src/formula/model-frame.js';
import { canonicalFormula, parseFormula } from '../../src/formula/parse-formula.js';
import { tableOf } from '../../src/formula/table.js';

/** What formulas are made of, and what they are not, in any order. */
const pieces = [
  ...'+-*/:^()|~,=.`\\"\'#$%<>!&[0123456789',
  ...[
    '||',
    '%in%',
    '%%',
    '==',
    '<=',
    '"a"',
    '2L',
    'Inf',
    'pi',
    'c(',
    'cut(',
    'ifelse(',
    ' ',
    '\n',
    'y',
    'x',
    'größe',
    '`my col`',
    '2.5',
    '1e3',
    'TRUE',
    'raw',
    '😀',
  ],
  ...['log(', 'I(', 'poly(', 'scale(', 'offset(', 'factor(', 'trials(', 's(', 'y ~ ', '(1 | g)'],
];
const soup = fc
  .array(fc.constantFrom(...pieces), { maxLength: 25 })
  .map((chosen) => chosen.join(''));
const anyText = fc.oneof(
  soup,
  soup.map((text) => `y ~ ${text}`),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** Formulas that have a meaning, spelled with any spaces. */
const names = ['x', 'z', 'a', 'größe', '`my col`', '.b_2', '`a\\`b\\\\`', 'é', '`TRUE`'];
const spaced = (...parts: string[]) =>
  fc
    .array(fc.constantFrom('', ' ', '\t ', '\n'), {
      minLength: parts.length,
      maxLength: parts.length,
    })
    .map((spaces) => parts.map((part, i) => part + spaces[i]).join(''));
const grammar = fc.letrec<Record<'number' | 'call' | 'test' | 'term' | 'group' | 'sum', string>>(
  (tie) => ({
    number: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(...names, '2', '0.5', '1e-07', '123456', '.5e3'),
      tie('call'),
      fc
        .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '^'), tie('number'))
        .chain(([a, operator, b]) => spaced(a, operator, b)),
      tie('number').map((a) => `(${a})`),
      tie('number').map((a) => `-${a}`),
    ),
    call: fc.oneof(
      fc
        .tuple(fc.constantFrom('log', 'I', 'exp', 'abs', 'scale', 'log1p'), tie('number'))
        .chain(([name, of]) => spaced(name, '(', of, ')')),
      tie('number').map((of) => `log(${of}, base = 2)`),
      tie('number').map((of) => `scale(${of}, scale=FALSE)`),
      tie('test').map((test) => `I( ${test})`),
      fc.tuple(tie('test'), tie('number')).map(([test, yes]) => `ifelse(${test},${yes}, -1L)`),
      tie('number').map((of) => `cut(${of}, c(-Inf,0,1e3), labels=c('a',"b"))`),
      tie('number').map((of) => `pmax(${of}, 0, pi)`),
      tie('number').map((of) => `factor(round(${of},1), levels= 1:3)`),
    ),
    test: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc
        .tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number'))
        .chain(([a, operator, b]) => spaced(`(${a})`, ` ${operator} `, `(${b})`)),
      fc.constantFrom('ok', "a == 'it\\'s'", 'a %in% c("x", "y")', 'x %% 2 == 1', 'x%/%2>1'),
      tie('test').map((test) => `!${test}`),
      fc
        .tuple(tie('test'), fc.constantFrom('&', '|'), tie('test'))
        .map(([a, operator, b]) => `(${a})${operator}${b}`),
    ),
    term: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(...names, '.', 'poly(x, 2)', 'poly(z,3,raw=TRUE)', 'factor( a )'),
      tie('call'),
      fc
        .tuple(tie('term'), fc.constantFrom(':', '*', '/', '%in%'), tie('term'))
        .chain(([a, operator, b]) => spaced(a, ` ${operator} `, b)),
      tie('sum').map((sum) => `(${sum})`),
      tie('term').map((term) => `(${term})^2`),
    ),
    sum: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      tie('term'),
      fc
        .tuple(tie('sum'), fc.constantFrom('+', '-'), tie('term'))
        .chain(([a, operator, b]) => spaced(a, operator, b)),
      fc.tuple(tie('sum'), fc.constantFrom('0', '1')).map(([a, b]) => `${a} + ${b}`),
    ),
    group: fc.constantFrom(
      '(1|g)',
      '(x + z || g)',
      '(0+x|g:h)',
      '( 1 | g / h )',
      '(poly(x, 2) | `my group`)',
      'offset(log(z))',
    ),
  }),
);
const formulas = fc
  .tuple(
    fc.constantFrom('y', 'log(y)', 'y | trials(n)', 'y|trials( 10 )', '`the y`'),
    grammar.sum,
    fc.array(grammar.group, { maxLength: 2 }),
  )
  .map(([left, sum, groups]) => `${left} ~ ${[sum, ...groups].join(' + ')}`);

/** A formula, or null where an error of a formula was thrown; nothing else is let through. */
function attempt(text: string): Formula | null {
  try {
    return parseFormula(text);
  } catch (error) {
    if (!isWeighbridgeError(error, 'bad-formula')) throw error;
    const { message, details } = error;
    expect(message).not.toMatch(/[\n\r]/);
    expect(details.formula).toBe(text);
    expect(details.offset).toBeGreaterThanOrEqual(0);
    expect(details.offset).toBeLessThanOrEqual(text.length);
    return null;
  }
}

/** The tree alone. */
function withoutPlaces({ text: _text, ...sides }: Formula): unknown {
  return JSON.parse(JSON.stringify(sides, (key, value) => (key === 'place' ? undefined : value)));
}

function messageOf(text: string): string {
  try {
    return `read as ${formatFormula(parseFormula(text))}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('the parser', () => {
  test('reads any text or points at a character of it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const formula = attempt(text);
        if (formula === null) return;
        const canonical = canonicalFormula(formula);
        expect(parseFormula(canonical.text)).toEqual(canonical);
      }),
      { numRuns: 3000, seed: 2025 },
    );
  });

  test('reads every formula of the grammar, and its canonical spelling as the same tree', () => {
    fc.assert(
      fc.property(formulas, (text) => {
        const formula = parseFormula(text);
        const canonical = canonicalFormula(formula);
        expect(parseFormula(canonical.text)).toEqual(canonical);
        expect(formatFormula(canonical)).toBe(canonical.text);
        expect(withoutPlaces(canonical)).toEqual(withoutPlaces(formula));
        expect(JSON.parse(JSON.stringify(formula))).toEqual(formula);
      }),
      { numRuns: 1000, seed: 2025 },
    );
  });

  test('has no formula that crashes the design', () => {
    const table = tableOf({
      y: [1, 2, 3, 4, 5],
      x: [1, 4, 2, 5, 3],
      g: ['a', 'b', 'a', 'b', 'a'],
      größe: [true, false, false, true, true],
      'my col': [3, 1, 4, 1, 5],
    });
    fc.assert(
      fc.property(fc.oneof(formulas, anyText), (text) => {
        const formula = attempt(text);
        if (formula === null) return;
        try {
          const { encoded } = modelFrame(formula, table, { missing: 'drop', outcome: 'real' });
          expect(encoded.population.values.every(Number.isFinite)).toBe(true);
        } catch (error) {
          expect(isWeighbridgeError(error)).toBe(true);
        }
      }),
      { numRuns: 1000, seed: 2025 },
    );
  });

  test.each([
    ['parentheses', '('.repeat(50_000), ')'.repeat(50_000)],
    ['calls', 'log('.repeat(50_000), ')'.repeat(50_000)],
    ['signs', '-'.repeat(50_000), ''],
    ['powers', 'x^'.repeat(50_000), ''],
    ['sums', 'x + '.repeat(50_000), ''],
    ['interactions', 'x:'.repeat(50_000), ''],
    ['groups', '(x | '.repeat(50_000), ')'.repeat(50_000)],
  ])('refuses %s without end, on the right and on the left', (_, before, after) => {
    expect(attempt(`y ~ ${before}x${after}`)).toBeNull();
    expect(attempt(`${before}x${after} ~ x`)).toBeNull();
  });

  test('takes a thousand terms', () => {
    const sum = Array.from({ length: 1000 }, (_, i) => `x${i}`).join(' + ');
    expect(formatFormula(parseFormula(`y ~ ${sum}`))).toBe(`y ~ ${sum}`);
  });

  test("spells formulas as R's deparse", () => {
    // Rscript -e 'deparse(y ~ …)'
    for (const [text, spelled] of [
      ['y~x1*x2+(1+x1|g)', 'y ~ x1 * x2 + (1 + x1 | g)'],
      ['y~a/b:c^2', 'y ~ a/b:c^2'],
      ['y ~ -1+x %in%z', 'y ~ -1 + x %in% z'],
      ['y~I( -x^-2 )', 'y ~ I(-x^-2)'],
      ['y ~ poly( x,2,raw=TRUE )', 'y ~ poly(x, 2, raw = TRUE)'],
      ['y~`a b`+`c`', 'y ~ `a b` + c'],
      ['y|trials( n )~1', 'y | trials(n) ~ 1'],
      ['y~I(x>0&!b|z==2L)', 'y ~ I(x > 0 & !b | z == 2)'],
      ["y~I(f=='it\\'s \"a\"')", 'y ~ I(f == "it\'s \\"a\\"")'],
      ['y~I(x%%2)+I(x %/% 2)', 'y ~ I(x%%2) + I(x%/%2)'],
      ['y~I(f%in%c(1,2))', 'y ~ I(f %in% c(1, 2))'],
      ['y~(x+z)**2', 'y ~ (x + z)^2'],
      ['y~cut(x,c(-Inf,0,Inf),right=F)', 'y ~ cut(x, c(-Inf, 0, Inf), right = F)'],
      ['y~I(x/100000+0.00001*x+123456)', 'y ~ I(x/1e+05 + 1e-05 * x + 123456)'],
    ] as const) {
      expect(formatFormula(parseFormula(text))).toBe(spelled);
      expect(canonicalFormula(parseFormula(text)).text).toBe(spelled);
    }
  });

  test('binds operators as R does', () => {
    const shape = (text: string) => {
      const { predictors } = parseFormula(`y ~ I(${text})`);
      const [argument] = predictors.kind === 'call' ? predictors.arguments : [];
      const top = argument?.value;
      return top?.kind === 'binary' || top?.kind === 'unary' ? [top.kind, top.operator] : top?.kind;
    };
    expect(shape('-x^2')).toEqual(['unary', '-']);
    expect(shape('-x * 2')).toEqual(['binary', '*']);
    expect(shape('x - z - 1')).toEqual(['binary', '-']);
    expect(shape('x & z | w')).toEqual(['binary', '|']);
    expect(shape('x | z & w')).toEqual(['binary', '|']);
    expect(shape('!x > 0')).toEqual(['unary', '!']);
    expect(shape('!x & z')).toEqual(['binary', '&']);
    expect(shape('x + 1 > z * 2')).toEqual(['binary', '>']);
    expect(shape('-x > 1')).toEqual(['binary', '>']);
    expect(shape('x %% 2 * z')).toEqual(['binary', '*']);
    expect(shape('-x %% 2')).toEqual(['binary', '%%']);
    expect(shape('x %in% c(1, 2) & z')).toEqual(['binary', '&']);
    const { predictors } = parseFormula('y ~ I(2^3^2)');
    expect(predictors).toMatchObject({
      arguments: [{ value: { operator: '^', left: { value: 2 }, right: { operator: '^' } } }],
    });
  });

  test('writes every number so that it is read again', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noDefaultInfinity: true, noNaN: true }), (value) => {
        expect(Number(formatNumber(value))).toBe(value);
      }),
      { seed: 2025 },
    );
  });
});

describe('errors point at the character', () => {
  test.each([
    ['y ~ x1 +* x2', 9, 'expected a term, found *'],
    ['y ~ (x', 7, 'expected ) to end the parenthesis opened at character 5'],
    ['ü😀 ~ x', 2, 'unexpected 😀'],
    ['y ~ ü + ü + )', 13, 'expected a term'],
    ['~ x', 1, 'the outcome left of ~'],
    ['y + x', 6, 'expected ~'],
    ['', 1, 'found no text'],
    ['y ~', 4, 'found the end'],
    ['y ~ x ~ z', 7, 'a second ~'],
    ['y ~ x z', 7, 'expected an operator or the end, found the name z'],
    ['y ~ 2 * x', 5, 'I(x*2)'],
    ['y ~ x + 2', 9, 'the only numbers that are terms are 0 and 1'],
    ['y ~ x^2.5', 7, 'I(x^2)'],
    ['y ~ (x + z)^500', 13, 'from 1 to 100'],
    ['y ~ x | g', 7, 'outside of parentheses'],
    ['y ~ (1 | g):x', 8, 'can only be added or taken away'],
    ['y ~ x - (z - (1 | g))', 17, 'can only be added or taken away'],
    ['y ~ x:offset(z)', 7, 'an offset can only be added'],
    ['y ~ (1 |id|| g)', 11, 'which || leaves out: write (1 |id| g)'],
    ['y ~ (1 ||id| g)', 8, 'which || leaves out'],
    ['y ~ (1 |a|b| g)', 8, 'a third |'],
    ['y ~ (1 |f(x)| g)', 9, 'the name of a group term is f(x)'],
    ['y ~ (1 |id| mm(g, h, id = x))', 27, 'which are written (1 |id| mm(g, h))'],
    ['y ~ (1 | log(g))', 10, 'a grouping factor'],
    ['y ~ (. | g)', 6, 'name the columns'],
    ['y ~ log(x:z)', 10, 'not supported in arithmetic'],
    ['y ~ I(poly(x, 2))', 7, 'a term of its own'],
    ['y ~ poly(x, 0)', 13, 'a whole number from 1 to 20'],
    ['y ~ poly(x, 2, TRUE, 4)', 22, 'one argument too many'],
    ['y ~ poly(x, deg = 2)', 19, 'no argument deg'],
    ['y ~ scale(x, center = z)', 23, 'TRUE or FALSE'],
    ['y ~ scale(x, scale = 0)', 22, 'TRUE or FALSE or a number'],
    ['y ~ log()', 5, 'expected a column'],
    ['y ~ TRUE', 5, 'not terms'],
    ['y ~ NULL', 5, '`NULL`'],
    ['y ~ `x', 5, 'not closed'],
    ['y ~ ``', 5, 'a name is missing'],
    ['y ~ "x"', 5, '`backquotes`'],
    ["y ~ 'x", 5, 'opened and not closed'],
    ['y ~ d$x', 6, 'x instead of data$x'],
    ['y ~ I(0 < x < 2)', 13, 'a second comparison, <; join two by &'],
    ['y ~ I(x<-1)', 8, '<- assigns in R'],
    ['y ~ I(x > 0 && z > 0)', 13, '&& takes single values in R; for columns write &'],
    ['y ~ I(x > 0 || z > 0)', 13, 'for columns write |'],
    ['y ~ stats::poly(x, 2)', 10, 'write the name of the function alone, poly()'],
    ['y ~ splines:::bs(x)', 12, 'write the name of the function alone, bs()'],
    ['y ~ x %o% 2', 7, '%in%, %% and %/%'],
    ['y ~ poly(x, 2)[, 1]', 15, 'is not supported'],
    ['y ~ I(f == "a)', 12, 'opened and not closed'],
    ['y ~ f %in% c("a", "b")', 12, 'as in I(f %in% c("a", "b"))'],
    ['y ~ I(f %in% g)', 14, 'expected values written out'],
    ['y ~ cut(x, z)', 12, 'expected values written out'],
    ['y ~ cut(x)', 5, 'the argument breaks is missing'],
    ['y ~ round(x, "a")', 14, 'expected a number'],
    ['y ~ cut(x, c(1, "a"))', 12, 'values of one kind'],
    ['y ~ cut(x, seq(0, 1, by = -1))', 12, 'a sequence'],
    ['y ~ is.na(x)', 5, 'is.na() is not supported: rows with a missing value'],
    ['y ~ ns(x, 3)', 5, 'ns() (natural splines) is not supported'],
    ['y ~ x + bs(z)', 9, 'bs() (B-splines) is not supported'],
    ['y ~ ordered(f)', 5, 'ordered() is not supported'],
    ['y ~ Inf', 5, 'Inf is not a term'],
    ['y ~ _x', 5, 'does not begin with _'],
    ['y ~ 1e999', 5, 'too large'],
    ['2 ~ x', 1, 'expected the outcome'],
    ['y | n ~ x', 5, 'expected trials(n)'],
    ['y | trials(n, m) ~ x', 5, 'one argument'],
    ['y | freq() ~ x', 5, 'one argument'],
    ['y | weights(w = 2) ~ x', 5, 'one argument'],
    ['y | weights(w) + freq(n) + weights(w) ~ x', 28, 'weights() twice'],
  ])('%s', (text, character, problem) => {
    const message = messageOf(text);
    expect(message).toContain(`, character ${character}: `);
    expect(message).toContain(problem);
  });

  test.each([
    ['y ~ t2(x, z)', 't2() of brms (smooth terms of several variables) is not supported'],
    ['y | rate(n) ~ x', 'rate() of brms (rates) is not supported'],
    ['y | trials(n) + rate(w) ~ x', 'rate() of brms (rates) is not supported'],
    ['y ~ weights(w)', 'left of ~'],
    ['y ~ freq(w)', 'left of ~'],
    ['y ~ cens(c)', 'left of ~'],
    ['y ~ (1 | gr(g, by = b))', 'gr() of brms'],
    ['y ~ (1 + mmc(x, z) | mm(g, h))', 'mmc() of brms'],
    ['y ~ (1 | mm(g, h, by = x))', 'the argument by of brms (a covariance by groups)'],
    ['y ~ x + car(z)', 'car() of brms'],
    ['mvbind(y, z) ~ x', 'mvbind() of brms (several outcomes)'],
    ['mvbf(y ~ x, z ~ x)', 'mvbf() of brms (non-linear and multivariate formulas)'],
    ['bf(y ~ x, sigma = 1)', 'sigma = in bf() is not supported'],
    ['bf(y ~ x) + lf(sigma ~ x)', 'lf() of brms (non-linear and multivariate formulas)'],
    ['bf(y ~ x) + z', 'expected bf(x | mi() ~ z), set_rescor(FALSE) or set_mecor(FALSE)'],
    ['bf(y ~ mi(x)) + bf(w ~ z)', 'regressions of several outcomes are not supported'],
    ['y ~ I(me(x, s)^2)', 'me() is a term of its own'],
    ['y ~ (1 + me(x, s) | g)', 'me() does not vary by groups'],
    ['cbind(y, n - y) ~ x', 'y | trials(n)'],
    ['y ~ trials(n)', 'left of ~'],
    ['y ~ b1 * exp(b2(x))', 'the function b2() is not supported'],
  ])('%s: what brms has beyond this is refused by its name', (text, problem) => {
    expect(messageOf(text)).toContain(problem);
  });

  test('a column may be called as a function of brms is', () => {
    expect(formatFormula(parseFormula('bf ~ lf'))).toBe('bf ~ lf');
  });

  test.each([
    ['bf(y ~ x, sigma ~ x, sigma ~ 1)', 'character 22: a second formula of sigma'],
    ['bf(y ~ x, ~ x)', 'character 11: expected the formula of a parameter'],
    ['bf(y ~ x, sigma)', 'character 16: expected ~ after the parameter sigma'],
    ['bf(y ~ x, sigma ~ x', 'character 20: expected ) to end the formulas of bf()'],
    ['y ~ x, sigma ~ x', 'character 6: several formulas are written bf(y ~ x, sigma ~ x)'],
    ['bf(y ~ x, sigma ~ 1 + t2(x))', 'character 23: t2() of brms (smooth terms of several'],
  ])('%s: of several formulas', (text, problem) => {
    expect(messageOf(text)).toContain(problem);
  });

  test('also if the data are at odds with the formula: in the text that was typed', () => {
    const table = tableOf({ y: [1, 2, 3], x: [1, 4, 2] });
    const framed = (text: string, outcome: 'real' | 'binomial') => () =>
      modelFrame(parseFormula(text), table, { missing: 'drop', outcome });
    expect(framed('y~x  +  zz', 'real')).toThrow(
      "formula 'y~x  +  zz', character 9: no column 'zz'",
    );
    expect(framed('y  ~x', 'binomial')).toThrow("formula 'y  ~x', character 4: a binomial outcome");
    expect(framed('y~x + I(x+(x=="a"))', 'real')).toThrow('character 13: ');
    expect(framed('y~ scale( I(x-x) )', 'real')).toThrow('character 4: I(x - x) is constant');
  });

  test('a long formula is shown around the place, on one line', () => {
    const message = messageOf(`y ~ ${'x +\n'.repeat(300)} + * z ${'+ x'.repeat(300)}`);
    expect(message.length).toBeLessThan(400);
    expect(message).toMatch(/^formula '….*….*expected a term, found \*$/);
  });
});

describe('several formulas', () => {
  test('are those of parameters after that of the mean', () => {
    const { text, parts = [], predictors } = parseFormula('bf( y~x+(1|g) , sigma ~ 0+z, nu ~ 1)');
    expect(text).toBe('bf( y~x+(1|g) , sigma ~ 0+z, nu ~ 1)');
    expect(formatExpression(predictors)).toBe('x + (1 | g)');
    expect(parts.map((part) => [part.parameter, formatExpression(part.predictors)])).toEqual([
      ['sigma', '0 + z'],
      ['nu', '1'],
    ]);
    expect(formatFormula(parseFormula(text))).toBe('bf(y ~ x + (1 | g), sigma ~ 0 + z, nu ~ 1)');
    expect(formatFormula(parseFormula('brmsformula(y ~ x)'))).toBe('y ~ x');
    expect(formatFormula(parseFormula('bf(y~(1|i|g),sigma~(0+x|1|g:h))'))).toBe(
      'bf(y ~ (1 | i | g), sigma ~ (0 + x | 1 | g:h))',
    );
  });
});
