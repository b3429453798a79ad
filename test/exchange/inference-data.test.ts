/** The Zarr store of a fit, read by zarrita: what Python reads is what was drawn. */
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import { type InferenceDataOptions, inferenceData } from '../../src/exchange/inference-data.js';
import type { FittedRegression } from '../../src/regression/fitted-regression.js';
import { logPriorsBy } from '../../src/regression/validation/prior-sensitivity.js';
import { anyFit, madeUpFit } from './support.js';

const at = new Date('2026-01-02T03:04:05Z');
const storeOf = (fit: FittedRegression, options: InferenceDataOptions = {}) =>
  inferenceData(fit, { createdAt: at, ...options });

const jsonAt = (files: ReadonlyMap<string, Uint8Array>, path: string) =>
  JSON.parse(new TextDecoder().decode(files.get(path)));

/** Not by `resolve`, which takes a path for an address and a name such as '?' out of it. */
function opened(files: ReadonlyMap<string, Uint8Array>) {
  const store = { get: async (key: string) => files.get(key.slice(1)) };
  return async (path: string) => {
    const array = await zarr.open.v2(new zarr.Location(store, `/${path}`), { kind: 'array' });
    const { data, shape } = await zarr.get(array);
    return {
      shape,
      values: Array.from(data as Iterable<unknown>, (value) => value),
      dimensions: array.attrs._ARRAY_DIMENSIONS,
      attributes: array.attrs,
    };
  };
}

const draws = (fit: FittedRegression, parameter: string) => {
  const { parameterNames, values } = fit.draws;
  const place = parameterNames.indexOf(parameter);
  return Array.from(values).filter((_, i) => i % parameterNames.length === place);
};

describe('the posterior', () => {
  it('has every scalar by chain and draw', async () => {
    const fit = madeUpFit();
    const read = opened(storeOf(fit));
    for (const name of ['b_Intercept', 'b_x', 'b_x:z', 'sd_g__x', 'cor_g__Intercept__x', 'sigma']) {
      expect(await read(`posterior/${name}`)).toMatchObject({
        shape: [2, 5],
        dimensions: ['chain', 'draw'],
        values: draws(fit, name),
      });
    }
    expect(await read('posterior/chain')).toMatchObject({
      values: [0n, 1n],
      dimensions: ['chain'],
    });
  });

  it('has the effects of a group as one variable, with its levels for coordinates', async () => {
    const fit = madeUpFit({ levels: ['b', 'größer, als ]', '😀'] });
    const read = opened(storeOf(fit));
    expect(await read('posterior/g')).toMatchObject({
      shape: [3],
      dimensions: ['g'],
      values: ['b', 'größer, als ]', '😀'],
    });
    for (const coefficient of ['Intercept', 'x']) {
      const effects = await read(`posterior/r_g__${coefficient}`);
      expect(effects).toMatchObject({ shape: [2, 5, 3], dimensions: ['chain', 'draw', 'g'] });
      const second = effects.values.filter((_, i) => i % 3 === 1);
      expect(second).toEqual(draws(fit, `r_g[größer, als ],${coefficient}]`));
    }
  });

  it('keeps a level dimension apart from a variable or a dimension of the same name', async () => {
    const read = opened(storeOf(madeUpFit({ group: 'sigma' })));
    expect(await read('posterior/r_sigma__x')).toMatchObject({
      dimensions: ['chain', 'draw', 'sigma_2'],
    });
    expect(await read('posterior/sigma')).toMatchObject({ shape: [2, 5] });
    expect(await opened(storeOf(madeUpFit({ group: 'draw' })))('posterior/draw')).toMatchObject({
      shape: [5],
    });
  });

  it('has names that are one step of a path, and tells what they were', async () => {
    const read = opened(storeOf(madeUpFit({ coefficients: ['a/b', 'a_b', '..'] })));
    expect((await read('posterior/b_a_b')).attributes.brms_name).toBe('b_a/b');
    expect((await read('posterior/b_a_b_2')).attributes.brms_name).toBe('b_a_b');
  });
});

describe('the store', () => {
  it('has every array of its consolidated metadata, and holds as many values as it says', async () => {
    await fc.assert(
      fc.asyncProperty(anyFit, async (fit) => {
        const files = storeOf(fit);
        const read = opened(files);
        const { metadata } = jsonAt(files, '.zmetadata');
        const arrays = Object.keys(metadata).filter((key) => key.endsWith('/.zarray'));
        for (const key of arrays) {
          expect(jsonAt(files, key)).toEqual(metadata[key]);
          const { shape, values, dimensions } = await read(key.slice(0, -'/.zarray'.length));
          expect(values).toHaveLength(shape.reduce((product, length) => product * length, 1));
          expect(dimensions).toHaveLength(shape.length);
        }
        const scalars = arrays.filter((key) => metadata[key].shape.length === 2);
        expect(scalars.length).toBeGreaterThanOrEqual(2 + 7);
      }),
      { seed: 5, numRuns: 20 },
    );
  });

  it('gives a dimension the same length wherever it is', () => {
    fc.assert(
      fc.property(anyFit, (fit) => {
        const files = storeOf(fit);
        const { metadata } = jsonAt(files, '.zmetadata');
        const lengths = new Map<string, number>();
        for (const key of Object.keys(metadata).filter((key) => key.endsWith('/.zarray'))) {
          const dimensions = metadata[key.replace(/zarray$/, 'zattrs')]._ARRAY_DIMENSIONS;
          const group = key.slice(0, key.indexOf('/'));
          dimensions.forEach((name: string, i: number) => {
            const length = metadata[key].shape[i];
            expect(lengths.get(`${group} ${name}`) ?? length).toBe(length);
            lengths.set(`${group} ${name}`, length);
          });
        }
      }),
      { seed: 6, numRuns: 100 },
    );
  });

  it('has metadata in ASCII, whatever names there are: zarr-python 2 reads no other', () => {
    fc.assert(
      fc.property(anyFit, (fit) => {
        const metadata = [...storeOf(fit)].filter(([path]) => /(^|\/)\.z[^/]*$/.test(path));
        expect(metadata.length).toBeGreaterThan(10);
        for (const [, bytes] of metadata) expect(Math.max(...bytes)).toBeLessThan(128);
      }),
      { seed: 8, numRuns: 50 },
    );
  });

  it('has no file outside its groups', () => {
    fc.assert(
      fc.property(anyFit, (fit) => {
        const places =
          /^(posterior|sample_stats|log_prior|observed_data|constant_data)\/([^/]+\/)?[^/]+$/;
        for (const path of storeOf(fit).keys()) {
          expect(path.startsWith('.z') || places.test(path)).toBe(true);
        }
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  it('tells in every group when and by what it was made', () => {
    const files = storeOf(madeUpFit(), { version: '1.2.3', samplingSeconds: 0.5 });
    for (const group of ['posterior', 'sample_stats', 'observed_data', 'constant_data']) {
      expect(jsonAt(files, `${group}/.zattrs`)).toMatchObject({
        created_at: '2026-01-02T03:04:05.000Z',
        inference_library: 'weighbridge',
        inference_library_version: '1.2.3',
        sampling_time: 0.5,
      });
      expect(jsonAt(files, `${group}/.zmetadata`).metadata['.zgroup']).toEqual({ zarr_format: 2 });
    }
  });
});

describe('sample_stats', () => {
  it("has ArviZ' names for what each transition told", async () => {
    const fit = madeUpFit();
    const read = opened(storeOf(fit));
    const [first, second] = fit.chains;
    const both = (of: (chain: typeof first) => ArrayLike<number>) => [
      ...Array.from(of(first)),
      ...Array.from(of(second)),
    ];
    const told: [string, unknown[]][] = [
      ['lp', both(({ transitions }) => transitions.logDensity)],
      ['energy', both(({ energy }) => energy)],
      ['acceptance_rate', both(({ transitions }) => transitions.acceptance)],
      ['step_size', [0.5, 0.5, 0.5, 0.5, 0.5, 1.5, 1.5, 1.5, 1.5, 1.5]],
      ['tree_depth', both(({ transitions }) => transitions.treeDepth).map(BigInt)],
      ['n_steps', both(({ transitions }) => transitions.leapfrogSteps).map(BigInt)],
      ['diverging', both(({ transitions }) => transitions.divergent).map((one) => one === 1)],
    ];
    for (const [name, values] of told) {
      expect(await read(`sample_stats/${name}`)).toMatchObject({ shape: [2, 5], values });
    }
  });
});

describe('the data', () => {
  it('have the rows that were used, by their number in the data of the user', async () => {
    const fit = madeUpFit();
    const read = opened(storeOf(fit));
    const rows = { dimensions: ['__obs__'], shape: [4] };
    expect(await read('observed_data/__obs__')).toMatchObject({ values: [0n, 2n, 3n, 7n] });
    expect(await read('observed_data/y')).toMatchObject({
      ...rows,
      values: Array.from(fit.frame.response.values),
    });
    expect(await read('constant_data/g')).toMatchObject({
      ...rows,
      values: ['a', 'b', 'größer, als ]', 'a'],
    });
    await expect(read('constant_data/y')).rejects.toThrow();
  });

  it('are the same in compressed chunks', async () => {
    const fit = madeUpFit();
    const plain = storeOf(fit);
    const packed = storeOf(fit, { deflate: deflateSync });
    expect([...packed.keys()]).toEqual([...plain.keys()]);
    expect(jsonAt(packed, 'posterior/b_x/.zarray').compressor).toEqual({ id: 'zlib', level: 6 });
    for (const path of ['posterior/b_x', 'sample_stats/diverging', 'constant_data/g']) {
      expect(await opened(packed)(path)).toEqual(await opened(plain)(path));
    }
  });

  it('have the log prior of each class', async () => {
    const fit = madeUpFit();
    const read = opened(storeOf(fit));
    for (const [name, values] of logPriorsBy(fit, 'class')) {
      expect(await read(`log_prior/${name}`)).toMatchObject({ shape: [2, 5], values: [...values] });
    }
  });

  it('come with log likelihood and predictions by chain, draw and row, where these are given', async () => {
    const fit = madeUpFit();
    const logLikelihood = Float64Array.from({ length: 2 * 5 * 4 }, (_, i) => -i);
    const files = storeOf(fit, {
      logLikelihood,
      posteriorPredictive: logLikelihood.slice().fill(1),
    });
    const read = opened(files);
    const shape = { shape: [2, 5, 4], dimensions: ['chain', 'draw', '__obs__'] };
    expect(await read('log_likelihood/y')).toMatchObject({
      ...shape,
      values: Array.from(logLikelihood),
    });
    expect(await read('posterior_predictive/y')).toMatchObject(shape);
    expect(() => storeOf(fit, { logLikelihood: new Float64Array(39) })).toThrow(
      /^logLikelihood has 39 numbers, expected 2 × 5 × 4 \(chain, draw, row\)$/,
    );
  });
});
