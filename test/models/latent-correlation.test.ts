import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type LatentCorrelationSpecification,
  latentCorrelationModel,
} from '../../models/latent-correlation.js';
import { type RandomStream, randomStream } from '../../src/random/stream.js';

interface Size {
  readonly contexts: number;
  readonly attributes: number;
  readonly choices: number;
  readonly reports: number;
  readonly scales: boolean;
}

/** Choices and reports simulated from the model with rho = 0.6; some reports are missing. */
function simulated(
  { contexts, attributes, choices, reports, scales }: Size,
  random: RandomStream,
): LatentCorrelationSpecification {
  const cells = contexts * attributes;
  const z = Float64Array.from({ length: cells }, () => random.normal());
  const differences = Float64Array.from(
    { length: contexts * choices * attributes },
    () => 2 * random.uniform() - 1,
  );
  const outcomes = Float64Array.from({ length: contexts * choices }, (_, i) => {
    const context = Math.floor(i / choices);
    let eta = 0.3;
    for (let j = 0; j < attributes; j++) {
      eta += 3 * z[context * attributes + j] * differences[i * attributes + j];
    }
    return random.uniform() < 1 / (1 + Math.exp(-eta)) ? 1 : 0;
  });
  return {
    model: 'latent-correlation',
    contexts: Array.from({ length: contexts }, (_, c) => `c${c}`),
    attributes,
    choices: {
      starts: Int32Array.from({ length: contexts + 1 }, (_, c) => c * choices),
      differences,
      outcomes,
    },
    reports: Array.from({ length: reports }, (_, k) => ({
      name: `m${k}`,
      means: z.map((value) =>
        random.uniform() < 0.1 ? Number.NaN : 0.2 + 0.6 * value + 0.85 * random.normal(),
      ),
      se: z.map(() => 0.3 * random.uniform()),
    })),
    scales,
    reportWeights: false,
  };
}

const sizes = fc.record({
  contexts: fc.integer({ min: 1, max: 4 }),
  attributes: fc.integer({ min: 1, max: 3 }),
  choices: fc.integer({ min: 0, max: 8 }),
  reports: fc.integer({ min: 0, max: 2 }),
  scales: fc.boolean(),
});

it('has the gradient that differences have', () => {
  fc.assert(
    fc.property(sizes, fc.integer(), (size, seed) => {
      const random = randomStream(seed, 'gradient');
      const model = latentCorrelationModel(simulated(size, random));
      const at = Float64Array.from({ length: model.dimension }, () => random.normal());
      const gradient = new Float64Array(model.dimension);
      const scratch = new Float64Array(model.dimension);
      model.logDensity(at, gradient);
      for (let i = 0; i < at.length; i++) {
        const beside = (step: number) =>
          model.logDensity(
            at.map((value, j) => (j === i ? value + step : value)),
            scratch,
          );
        const slope = (beside(1e-5) - beside(-1e-5)) / 2e-5;
        expect(Math.abs(gradient[i] - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
      }
    }),
    { numRuns: 60, seed: 15 },
  );
});

/** log |det| by Gaussian elimination with pivoting. */
function logDeterminant(matrix: readonly (readonly number[])[]): number {
  const rows = matrix.map((row) => [...row]);
  let sum = 0;
  for (let i = 0; i < rows.length; i++) {
    const pivot = rows.findIndex(
      (row, r) => r >= i && rows.slice(i).every((other) => Math.abs(other[i]) <= Math.abs(row[i])),
    );
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    sum += Math.log(Math.abs(rows[i][i]));
    for (let r = i + 1; r < rows.length; r++) {
      const share = rows[r][i] / rows[i][i];
      rows[r] = rows[r].map((value, j) => value - share * rows[i][j]);
    }
  }
  return sum;
}

/** The density as models/latent-correlation.ts states it, of the reported parameters, term by term. */
function statedDensity(
  { contexts, attributes, choices, reports }: LatentCorrelationSpecification,
  value: (name: string) => number,
): number {
  const normal = (x: number, mean: number, sd: number) =>
    -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd);
  const studentT = (x: number) => -2 * Math.log(1 + (x / 2.5) ** 2 / 3);
  const tauW = value('tau_w');
  const tauA = value('tau_a');
  // The sds are sampled on the log scale, rho = 2 logistic(u) − 1.
  let sum = studentT(tauW) + Math.log(tauW) + studentT(tauA) + Math.log(tauA);
  sum += studentT(value('mu_a'));
  const named = (name: string, k: number) =>
    value(reports.length === 1 ? name : `${name}[${reports[k].name}]`);
  reports.forEach((_, k) => {
    const tau = named('tau_r', k);
    const rho = named('rho', k);
    sum += studentT(tau) + Math.log(tau) + studentT(named('mu_r', k)) + Math.log(1 - rho * rho);
  });
  const cor = reports.length === 2 ? value('cor_r') : 0;
  if (reports.length === 2) sum += Math.log(1 - cor * cor);
  /** Mean and sds of a report given z: of the latent report alone, and with its error. */
  const given = (k: number, cell: number, z: number) => {
    const [tau, rho] = [named('tau_r', k), named('rho', k)];
    const own = tau * Math.sqrt(1 - rho * rho);
    return {
      mean: named('mu_r', k) + tau * rho * z,
      own,
      sd: Math.hypot(own, reports[k].se[cell]),
    };
  };
  contexts.forEach((context, c) => {
    const a = value(`a[${context}]`);
    sum += normal(a, value('mu_a'), tauA);
    const w = Array.from({ length: attributes }, (_, j) => value(`w[${context},${j + 1}]`));
    w.forEach((weight, j) => {
      sum += normal(weight, 0, tauW);
      const cell = c * attributes + j;
      // One after the other: a second report given the first.
      let shift = 0;
      let known = 0;
      let share = 0;
      reports.forEach(({ means }, k) => {
        if (Number.isNaN(means[cell])) return;
        const { mean, own, sd } = given(k, cell, weight / tauW);
        const common = cor * own * share;
        const left = Math.sqrt(sd * sd - (known > 0 ? common ** 2 / known : 0));
        sum += normal(means[cell], mean + (known > 0 ? (common / known) * shift : 0), left);
        shift = means[cell] - mean;
        known = sd * sd;
        share = own;
      });
    });
    for (let i = choices.starts[c]; i < choices.starts[c + 1]; i++) {
      const eta = w.reduce(
        (s, weight, j) => s + weight * choices.differences[i * attributes + j],
        a,
      );
      sum += choices.outcomes[i] * eta - Math.log(1 + Math.exp(eta));
    }
  });
  return sum;
}

it('is the stated density, in the coordinates in which it is sampled', () => {
  fc.assert(
    fc.property(sizes, fc.integer(), (size, seed) => {
      const random = randomStream(seed, 'stated');
      const specification = {
        ...simulated({ ...size, scales: false }, random),
        reportWeights: true,
      };
      const model = latentCorrelationModel(specification);
      const effects = size.attributes + 1;
      const first = model.dimension - size.contexts * effects;
      const reported = (x: Float64Array) => {
        const parameters = new Float64Array(model.parameterNames.length);
        model.constrain?.(x, parameters, random);
        return parameters;
      };
      /** log |∂(a, w)/∂x|, context by context. */
      const logJacobian = (x: Float64Array) => {
        let sum = 0;
        for (let c = 0; c < size.contexts; c++) {
          const columns = Array.from({ length: effects }, (_, j) => {
            const beside = (step: number) =>
              reported(x.map((value, i) => (i === first + c * effects + j ? value + step : value)));
            const [above, below] = [beside(1e-4), beside(-1e-4)];
            return Array.from({ length: effects }, (_, i) => {
              const at = first + c * effects + i;
              return (above[at] - below[at]) / 2e-4;
            });
          });
          sum += logDeterminant(columns);
        }
        return sum;
      };
      const gap = () => {
        const x = Float64Array.from({ length: model.dimension }, () => 0.7 * random.normal());
        const parameters = reported(x);
        const value = (name: string) => parameters[model.parameterNames.indexOf(name)];
        const stated = statedDensity(specification, value) + logJacobian(x);
        return model.logDensity(x, new Float64Array(model.dimension)) - stated;
      };
      const constant = gap();
      for (let i = 0; i < 5; i++) expect(Math.abs(gap() - constant)).toBeLessThan(1e-5);
    }),
    { numRuns: 40, seed: 15 },
  );
});
