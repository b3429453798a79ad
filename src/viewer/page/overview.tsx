/** The result as a whole: its figures next to the paper's, its pictures, and the worst fits. */

import { useMemo, useState } from 'preact/hooks';
import { THRESHOLDS } from '../../posterior/thresholds.js';
import {
  LATENT_CAPTION,
  type LatentRow,
  largestError,
  latentRows,
} from '../../report/latent-rows.js';
import { AGREEMENT_LEGEND, worstFirst } from '../../report/words.js';
import type { FitEntry, ResultReply } from '../wire.js';
import { doubtful } from './chains-tab.js';
import { TableFrame } from './figure.js';
import { fixed, formatCount, intervalText, plural } from './format.js';
import { Link } from './navigation.js';
import { contextRoute, type Route } from './route.js';
import { fitOfFigure, placeOfFit, type Study } from './study.js';

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
      <LatentTable study={study} />
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
    [formatCount(models.length), models.length === 1 ? 'model' : 'models', ''],
    [formatCount(study.contexts.size), 'contexts', ''],
    [
      formatCount(study.fits.length),
      'fits',
      `${plural(settings.chains, 'chain')} of ${formatCount(settings.draws)} draws each`,
    ],
    [
      short === 0 ? 'all' : formatCount(study.fits.length - short),
      'converged',
      short === 0 ? '' : `${plural(short, 'fit')} ${short === 1 ? 'falls' : 'fall'} short`,
    ],
    [fixed(diagnostics.max_rhat, 4), 'largest R-hat', `wanted: at most ${THRESHOLDS.rhat}`],
    [
      formatCount(Math.min(diagnostics.min_ess_bulk ?? 0, diagnostics.min_ess_tail ?? 0)),
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
          alt={`${title}: reported against learned weights, with correlations; its numbers are in the table below`}
          onError={hide}
        />
      </a>
      <figcaption>
        {title} <span class="when-absent">(not in the result folder)</span>
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
      `seed ${settings.seed}, ${plural(settings.chains, 'chain')}, ${formatCount(settings.warmup)} warm-up and ${formatCount(settings.draws)} kept draws`,
    ],
    ['Choices', result.weigh_choices === 'as-made' ? 'as they were made' : 'by their probability'],
    [
      'Learned weights',
      result.pooling === 'none' ? 'one regression a context' : 'partial pooling of all contexts',
    ],
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

type Figures = ResultReply['result']['figures'];

interface FigureTableProps {
  readonly figures: Figures;
  readonly fits: readonly FitEntry[];
}

function FigureTable({ figures, fits }: FigureTableProps) {
  // The paper has figures of its own models only.
  const compared = figures.some(({ published }) => published !== null);
  return (
    <section class="with-figures" aria-labelledby="figures">
      <h2 id="figures">
        {compared
          ? 'Figures of the paper and of this result'
          : "The paper's figures for these models"}
      </h2>
      <TableFrame heading="figures">
        <table class="numbers" data-table="figures">
          <thead>
            <tr>
              <th scope="col">figure</th>
              {compared && <th scope="col">published</th>}
              <th scope="col">{compared ? 'ours' : 'estimate'}</th>
              <th scope="col">95% HDI</th>
              {compared && (
                <th scope="col" class="agreement">
                  agreement
                </th>
              )}
            </tr>
          </thead>
          {sections(figures).map(({ heading, rows }) => (
            <tbody key={heading}>
              <tr class="heading">
                <th scope="rowgroup" colSpan={compared ? 5 : 3}>
                  {heading}
                </th>
              </tr>
              {rows.map((figure) => (
                <tr key={figure.figure}>
                  <th scope="row">
                    <FigureName figure={figure} fits={fits} />
                  </th>
                  {compared && <td>{publishedText(figure)}</td>}
                  <td>{fixed(figure.ours, figure.decimals)}</td>
                  <td>{intervalText(figure.hdi, figure.decimals)}</td>
                  {compared && (
                    <td class={`agreement ${figure.agreement.replace(' ', '-')}`}>
                      {figure.agreement}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </TableFrame>
      <p class="note">
        {compared && `${AGREEMENT_LEGEND}. `}
        Figures that come from a regression link to its chains.
      </p>
    </section>
  );
}

/** Raw and latent correlations side by side; nothing for a result without latent ones. */
function LatentTable({ study: { result } }: { readonly study: Study }) {
  const rows = latentRows(result);
  if (rows.length === 0) return null;
  const models = [...new Set(rows.map(({ model }) => model))];
  return (
    <section class="with-figures" aria-labelledby="latent">
      <h2 id="latent">Raw and latent correlations</h2>
      <TableFrame heading="latent">
        <table class="numbers" data-table="latent">
          <thead>
            <tr>
              <th scope="col">correlation</th>
              <th scope="col">raw</th>
              <th scope="col">95% HDI</th>
              <th scope="col">latent</th>
              <th scope="col">95% HDI</th>
            </tr>
          </thead>
          {models.map((model) => (
            <tbody key={model}>
              <tr class="heading">
                <th scope="rowgroup" colSpan={5}>
                  {model ?? 'all models'}
                </th>
              </tr>
              {rows
                .filter((row) => row.model === model)
                .map(({ label, raw, latent }) => (
                  <tr key={label}>
                    <th scope="row">{label}</th>
                    <EstimateCells shown={raw} />
                    <EstimateCells shown={latent} />
                  </tr>
                ))}
            </tbody>
          ))}
        </table>
      </TableFrame>
      <p class="note">
        {LATENT_CAPTION} {largestError(rows)}
      </p>
      {result.latent_notes && result.latent_notes.length > 0 && (
        <ul class="warnings">
          {result.latent_notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function EstimateCells({ shown }: { readonly shown: LatentRow['raw'] }) {
  return (
    <>
      <td>{fixed(shown?.value, 2)}</td>
      <td>{intervalText(shown?.hdi, 2)}</td>
    </>
  );
}

interface FigureNameProps {
  readonly figure: Figures[number];
  readonly fits: readonly FitEntry[];
}

function FigureName({ figure, fits }: FigureNameProps) {
  const fit = fitOfFigure(figure, fits);
  if (!fit) return <>{figure.figure}</>;
  return <Link to={{ page: 'fit', name: fit.name }}>{figure.figure}</Link>;
}

/** Rows that follow each other under one heading. */
function sections(figures: Figures): { heading: string; rows: Figures }[] {
  const found: { heading: string; rows: Figures }[] = [];
  for (const figure of figures) {
    const heading = figure.model === null ? figure.section : `${figure.section} · ${figure.model}`;
    const last = found.at(-1);
    if (last?.heading === heading) last.rows.push(figure);
    else found.push({ heading, rows: [figure] });
  }
  return found;
}

function publishedText({ published, published_hdi, decimals }: Figures[number]): string {
  const parts = [
    published === null ? '' : fixed(published, decimals),
    intervalText(published_hdi, decimals),
  ];
  return parts.filter((part) => part !== '').join(' ') || '–';
}

const FEW = 10;
const MANY = 200;

function WorstFits({ fits }: { readonly fits: readonly FitEntry[] }) {
  const [most, setMost] = useState(FEW);
  const ordered = useMemo(() => worstFirst(fits), [fits]);
  const short = fits.filter(({ warnings }) => warnings.length > 0).length;
  return (
    <section aria-labelledby="worst">
      <h2 id="worst">Convergence, worst fits first</h2>
      <p class="note">
        {short === 0
          ? `All ${plural(fits.length, 'fit')} converged.`
          : `${short} of ${plural(fits.length, 'fit')} fall short.`}
      </p>
      <FitTable heading="worst" fits={ordered.slice(0, most)} />
      {most < Math.min(MANY, ordered.length) && (
        <button type="button" class="more" onClick={() => setMost(MANY)}>
          Show {Math.min(MANY, ordered.length)}
        </button>
      )}
    </section>
  );
}

/** Correlations and effects; weights are reached by their context. */
function OtherFits({ fits }: { readonly fits: readonly FitEntry[] }) {
  const others = useMemo(() => fits.filter(({ kind }) => kind !== 'weights'), [fits]);
  if (others.length === 0) return null;
  return (
    <section aria-labelledby="others">
      <h2 id="others">Fits of correlations and effects</h2>
      <details>
        <summary>
          {plural(others.length, 'fit')} over all contexts of a model, or of all models
        </summary>
        <FitTable heading="others" fits={others} />
      </details>
    </section>
  );
}

interface FitTableProps {
  /** Id of the heading that names the table. */
  readonly heading: string;
  readonly fits: readonly FitEntry[];
}

function FitTable({ heading, fits }: FitTableProps) {
  return (
    <TableFrame heading={heading}>
      <table class="numbers" data-table={heading}>
        <thead>
          <tr>
            <th scope="col">fit</th>
            <th scope="col">R-hat</th>
            <th scope="col">ESS bulk</th>
            <th scope="col">ESS tail</th>
            <th scope="col">divergences</th>
            <th scope="col" class="words">
              warnings
            </th>
          </tr>
        </thead>
        <tbody>
          {fits.map((fit) => (
            <FitRow key={fit.name} fit={fit} />
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function FitRow({ fit }: { readonly fit: FitEntry }) {
  const { max_rhat, min_ess_bulk, min_ess_tail, divergences } = fit.diagnostics;
  return (
    <tr>
      <th scope="row">
        <Link to={fitRoute(fit)}>{fit.name}</Link>
      </th>
      <td class={doubtful.rhat(max_rhat) ? 'bad' : ''}>{fixed(max_rhat, 4)}</td>
      <td class={doubtful.ess(min_ess_bulk) ? 'bad' : ''}>{formatCount(min_ess_bulk)}</td>
      <td class={doubtful.ess(min_ess_tail) ? 'bad' : ''}>{formatCount(min_ess_tail)}</td>
      <td class={divergences > 0 ? 'bad' : ''}>{formatCount(divergences)}</td>
      <td class="words">{fit.warnings.join('; ') || 'none'}</td>
    </tr>
  );
}

function fitRoute(fit: FitEntry): Route {
  const place = placeOfFit(fit);
  return place ? contextRoute(place, 'chains') : { page: 'fit', name: fit.name };
}
