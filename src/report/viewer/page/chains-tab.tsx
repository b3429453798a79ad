/** How the chains did: numbers with what they mean, traces, ranks. */
import { useCallback, useMemo } from 'preact/hooks';
import type { Draws } from '../../../posterior/draws.js';
import type { ContextRecord, FitRecord } from '../wire.js';
import { doubtful, measuresOf } from './convergence.js';
import { Figure } from './figure.js';
import { countText, fixed, intervalText, plural } from './format.js';
import { WhenLoaded } from './loaded.js';
import { parameterTitle, withNames } from './parameter-names.js';
import { rankPlot, tracePlot } from './plots.js';
import { TableFrame } from './table-frame.js';
import type { Loaded } from './use-loaded.js';

interface ChainsTabProps {
  readonly fit: FitRecord;
  readonly draws: Loaded<Draws>;
  /** Whose attributes the parameters weigh; null where they weigh none. */
  readonly context: ContextRecord | null;
  readonly theme: 'light' | 'dark';
}

export function ChainsTab({ fit, draws, context, theme }: ChainsTabProps) {
  return (
    <>
      <Judgement fit={fit} />
      <SummaryTable fit={fit} context={context} />
      <WhenLoaded loaded={draws} what="the draws">
        {(value) => <ChainPlots draws={value} context={context} theme={theme} />}
      </WhenLoaded>
    </>
  );
}

/** Whether the fit can be trusted, in words, with every number that says so. */
function Judgement({ fit }: { readonly fit: FitRecord }) {
  const { warnings, chains, draws_per_chain, algorithm } = fit;
  return (
    <section aria-labelledby="judgement">
      <h2 id="judgement">Can this fit be trusted?</h2>
      {warnings.length === 0 ? (
        <p>Yes, as far as its chains tell: they agree, and there are enough independent draws.</p>
      ) : (
        <ul class="warnings">
          {warnings.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      <dl class="measures">
        {measuresOf(fit.diagnostics).map(({ name, value, wanted, means, doubtful: bad }) => (
          <div key={name} class={bad ? 'measure bad' : 'measure'}>
            <dt>{name}</dt>
            <dd class="measure-value">
              {value} {bad && <span class="mark-warn">doubtful</span>}
            </dd>
            <dd class="measure-means">
              {wanted}: {means}
            </dd>
          </div>
        ))}
      </dl>
      <p class="note">
        {plural(chains, 'chain')} of {plural(draws_per_chain, 'kept draw')}
        {`, by ${algorithm}.`}
      </p>
    </section>
  );
}

function SummaryTable({ fit, context }: Pick<ChainsTabProps, 'fit' | 'context'>) {
  return (
    <section aria-labelledby="summary">
      <h2 id="summary">Parameters</h2>
      <TableFrame heading="summary">
        <table class="numbers" data-table="summary">
          <thead>
            <tr>
              <th scope="col">parameter</th>
              <th scope="col">mean</th>
              <th scope="col">median</th>
              <th scope="col">sd</th>
              <th scope="col">95% HDI</th>
              <th scope="col">R-hat</th>
              <th scope="col">ESS bulk</th>
              <th scope="col">ESS tail</th>
              <th scope="col">MCSE</th>
            </tr>
          </thead>
          <tbody>
            {fit.summary.map((row) => (
              <tr key={row.name}>
                <th scope="row">
                  <ParameterName name={row.name} context={context} />
                </th>
                <td>{fixed(row.mean, 3)}</td>
                <td>{fixed(row.median, 3)}</td>
                <td>{fixed(row.sd, 3)}</td>
                <td>{intervalText(row.hdi, 3)}</td>
                <td class={doubtful.rhat(row.rhat) ? 'bad' : ''}>{fixed(row.rhat, 4)}</td>
                <td class={doubtful.ess(row.ess_bulk) ? 'bad' : ''}>{countText(row.ess_bulk)}</td>
                <td class={doubtful.ess(row.ess_tail) ? 'bad' : ''}>{countText(row.ess_tail)}</td>
                <td>{fixed(row.mcse_mean, 4)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </section>
  );
}

interface ParameterNameProps extends Pick<ChainsTabProps, 'context'> {
  readonly name: string;
}

/** What it weighs, and what the regression calls it. */
function ParameterName({ name, context }: ParameterNameProps) {
  if (!context) return <code>{name}</code>;
  return (
    <>
      {parameterTitle(name, context)} <code class="aside">{name}</code>
    </>
  );
}

interface ChainPlotsProps extends Pick<ChainsTabProps, 'context' | 'theme'> {
  readonly draws: Draws;
}

function ChainPlots({ draws: unnamed, context, theme }: ChainPlotsProps) {
  const draws = useMemo(
    () => (context ? withNames(unnamed, context) : unnamed),
    [unnamed, context],
  );
  const trace = useCallback((width: number) => tracePlot(draws, { width, theme }), [draws, theme]);
  const rank = useCallback((width: number) => rankPlot(draws, { width, theme }), [draws, theme]);
  return (
    <>
      <section aria-labelledby="traces">
        <h2 id="traces">Traces</h2>
        <Figure
          draw={trace}
          caption="The draws of each chain, one after another, beside their density. Chains that have come to rest look alike, and wander through the whole width."
        />
      </section>
      <section aria-labelledby="ranks">
        <h2 id="ranks">Ranks</h2>
        <Figure
          draw={rank}
          caption="How the draws of each chain rank among all draws. Where chains agree, every bar is near the dashed line (Vehtari et al. 2021)."
        />
      </section>
    </>
  );
}
