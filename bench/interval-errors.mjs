/**
 * The table of docs/performance.md on Monte Carlo errors of HDIs: the same regressions with many seeds.
 * "Error" is the standard deviation of an end over the seeds, in posterior sds; "stated" the mean of the
 * stated errors over it. 200 seeds know a standard deviation within 5%.
 *
 *     npm run build && node bench/interval-errors.mjs [--runs 200] [--multilevel-runs 200]
 */
import { parseArgs } from 'node:util';
import { bernoulli, normal, regression } from 'weighbridge';
import { randomStream } from 'weighbridge/sampler';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    'multilevel-runs': { type: 'string', default: '200' },
  },
});

const random = randomStream('interval errors');
const table = (rows, outcome) =>
  Array.from({ length: rows }, (_, i) => {
    const [x1, x2, x3] = [0, 0, 0].map(() => 2 * random.uniform() - 1);
    return { x1, x2, x3, g: `g${i % 12}`, y: outcome({ x1, x2, x3, group: i % 12 }) };
  });
const logistic = ({ x1, x2 }) =>
  random.uniform() < 1 / (1 + Math.exp(-0.2 - 1.5 * x1 + x2)) ? 1 : 0;
const groups = Array.from({ length: 12 }, () => 0.6 * random.normal());

const studies = [
  {
    name: 'weights: 50 choices',
    runs: Number(options.runs),
    parameters: ['b_x1', 'b_x2'],
    fit: {
      formula: 'y ~ x1 + x2 + x3',
      family: bernoulli(),
      prior: [normal(0, 1).on('b')],
      data: table(50, logistic),
    },
  },
  {
    name: 'correlation: 500 pairs',
    runs: Number(options.runs),
    parameters: ['b_x1', 'sigma'],
    fit: { formula: 'y ~ x1', data: table(500, ({ x1 }) => 0.6 * x1 + random.normal()) },
  },
  {
    name: 'multilevel: 12 groups',
    runs: Number(options['multilevel-runs']),
    parameters: ['b_x1', 'sd_g__Intercept'],
    fit: {
      formula: 'y ~ x1 + (1 | g)',
      data: table(120, ({ x1, group }) => 0.6 * x1 + groups[group] + random.normal()),
    },
  },
];

const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const sd = (list) => Math.sqrt(mean(list.map((value) => (value - mean(list)) ** 2)));

console.log(
  '| regression | parameter | error by draws | stated | mode: error | stated | error by score | stated | times smaller |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const { name, runs, parameters, fit } of studies) {
  const found = parameters.map(() => []);
  for (let seed = 1; seed <= runs; seed++) {
    const fitted = await regression({ ...fit, seed });
    const byDraws = fitted.hdi({ parameters });
    const byScore = fitted.hdi({ parameters, method: 'score' });
    parameters.forEach((parameter, p) => {
      found[p].push({ row: fitted.parameter(parameter), draws: byDraws[p], score: byScore[p] });
    });
  }
  parameters.forEach((parameter, p) => {
    const scale = mean(found[p].map(({ row }) => row.sd));
    const ends = (method) => {
      const both = ['lower', 'upper'].map((end, i) => {
        const error = sd(found[p].map((one) => one[method][end]));
        return { error, stated: mean(found[p].map((one) => one[method].mcse[i])) / error };
      });
      return {
        error: mean(both.map(({ error }) => error)) / scale,
        stated: both.map(({ stated }) => stated.toFixed(2)).join(', '),
      };
    };
    const [draws, score] = [ends('draws'), ends('score')];
    const modeError = sd(found[p].map(({ row }) => row.mode));
    const modeStated = mean(found[p].map(({ row }) => row.mcseMode)) / modeError;
    const sound = found[p].every((one) => one.score.method === 'score');
    const cells = sound
      ? [score.error.toFixed(4), score.stated, (draws.error / score.error).toFixed(0)]
      : ['as by draws', '', ''];
    console.log(
      `| ${[name, `\`${parameter}\``, draws.error.toFixed(3), draws.stated, (modeError / scale).toFixed(3), modeStated.toFixed(2), ...cells].join(' | ')} |`,
    );
  });
}
