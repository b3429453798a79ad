/** The result as a whole: its figures beside the paper's, its pictures, and where to doubt it. */
import { THRESHOLDS } from '../../../posterior/thresholds.js';
import { FigureTable } from './figure-table.js';
import { countText, fixed, plural } from './format.js';
import type { Study } from './study.js';
import { OtherFits, WorstFits } from './worst-fits.js';

export function Overview({ study }: { readonly study: Study }) {
  return (
    <article class="overview">
      <h1>Overview</h1>
      <Facts study={study} />
      <section class="with-pictures" aria-labelledby="pictures">
        <h2 id="pictures">Reported against learned weights</h2>
        <div class="pictures">
          {study.pictures.map((address) => (
            <Picture key={address} address={address} />
          ))}
        </div>
      </section>
      <FigureTable figures={study.result.figures} fits={study.fits} />
      <WorstFits fits={study.fits} />
      <OtherFits fits={study.fits} />
      <Provenance study={study} />
    </article>
  );
}

function Facts({ study }: { readonly study: Study }) {
  const { diagnostics, models, settings } = study.result;
  const short = study.fits.filter(({ warnings }) => warnings.length > 0).length;
  const tiles: readonly (readonly [string, string, string])[] = [
    [countText(models.length), models.length === 1 ? 'model' : 'models', ''],
    [countText(study.contexts.size), 'contexts', ''],
    [
      countText(study.fits.length),
      'fits',
      `${plural(settings.chains, 'chain')} of ${countText(settings.draws)} draws each`,
    ],
    [
      short === 0 ? 'all' : countText(study.fits.length - short),
      'converged',
      short === 0 ? '' : `${plural(short, 'fit')} ${short === 1 ? 'falls' : 'fall'} short`,
    ],
    [fixed(diagnostics.max_rhat, 4), 'largest R-hat', `wanted: at most ${THRESHOLDS.rhat}`],
    [
      countText(Math.min(diagnostics.min_ess_bulk ?? 0, diagnostics.min_ess_tail ?? 0)),
      'least ESS',
      `wanted: at least ${THRESHOLDS.ess}`,
    ],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([value, name, more]) => (
        <div key={name} class="tile">
          <dt>{name}</dt>
          <dd class="tile-value">{value}</dd>
          {more && <dd class="tile-more">{more}</dd>}
        </div>
      ))}
    </dl>
  );
}

function Picture({ address }: { readonly address: string }) {
  const name = address.replace(/^.*\//, '').replace('.svg', '').replace('-', ' ');
  const title =
    name === 'figure 2' ? 'Figure 2: instilled preferences' : 'Figure 3: native preferences';
  const hide = (event: Event) => {
    const figure = event.currentTarget;
    if (figure instanceof HTMLImageElement) figure.closest('figure')?.classList.add('absent');
  };
  return (
    <figure class="picture">
      <a href={address} target="_blank" rel="noreferrer">
        <img
          src={address}
          alt={`${title}: reported against learned weights, with correlations; its numbers stand in the table below`}
          onError={hide}
        />
      </a>
      <figcaption>
        {title} <span class="when-absent">(not to be had from the result folder)</span>
      </figcaption>
    </figure>
  );
}

function Provenance({ study: { result, folder } }: { readonly study: Study }) {
  const { settings, environment, checksums, data } = result;
  const facts: readonly (readonly [string, string])[] = [
    ['Result folder', folder],
    ['Data', data.description ? `${data.folder} (${data.description})` : data.folder],
    ['Command', result.command],
    ['weighbridge', result.weighbridge],
    ['Node and platform', `${environment.node}, ${environment.platform}`],
    [
      'Sampling',
      `seed ${settings.seed}, ${plural(settings.chains, 'chain')}, ${countText(settings.warmup)} warm-up and ${countText(settings.draws)} kept draws`,
    ],
    ['Choices', result.weigh_choices === 'as-made' ? 'as they were made' : 'by their probability'],
    ['Time', `${fixed(result.seconds, 1)} s`],
  ];
  return (
    <section aria-labelledby="provenance">
      <h2 id="provenance">How this result was made</h2>
      <dl class="provenance">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {result.warnings.length > 0 && (
        <details>
          <summary>{plural(result.warnings.length, 'warning')}</summary>
          <ul class="warnings">
            {result.warnings.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      )}
      <details>
        <summary>SHA-256 of {plural(Object.keys(checksums).length, 'input file')}</summary>
        <dl class="checksums">
          {Object.entries(checksums).map(([file, sum]) => (
            <div key={file}>
              <dt>{file}</dt>
              <dd>
                <code>{sum}</code>
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
