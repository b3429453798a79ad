/** How well the chains of a fit converged: numbers with their meaning, traces, ranks, pairs. */
import { useCallback, useMemo } from 'preact/hooks';
import { plotPairs } from '../../plots/pairs.js';
import { plotRank } from '../../plots/rank.js';
import { plotTrace } from '../../plots/trace.js';
import type { Draws } from '../../posterior/draws.js';
import { THRESHOLDS } from '../../posterior/thresholds.js';
import type { ContextRecord, FitEntry, FitRecord } from '../wire.js';
import { Figure, type PageFigure, TableFrame } from './figure.js';
import {
  endErrorsText,
  fixed,
  formatCount,
  intervalText,
  parameterTitle,
  plural,
  withNames,
} from './format.js';
import type { Loaded } from './loaded.js';
import { WhenLoaded } from './loaded.js';

interface ChainsTabProps {
  readonly fit: FitRecord;
  readonly draws: Loaded<Draws>;
  /** The context whose attributes the parameters weigh; null for other fits. */
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

/** Whether the chains converged, with every measure of it. */
function Judgement({ fit }: { readonly fit: FitRecord }) {
  const { warnings, chains, draws_per_chain, algorithm } = fit;
  return (
    <section aria-labelledby="judgement">
      <h2 id="judgement">Did the chains converge?</h2>
      {warnings.length === 0 ? (
        <p>Yes: the chains agree, and there are enough independent draws.</p>
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
              <th scope="col">MCSE of ends</th>
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
                <td>{endErrorsText(row.hdi_mcse, 3)}</td>
                <td class={doubtful.rhat(row.rhat) ? 'bad' : ''}>{fixed(row.rhat, 4)}</td>
                <td class={doubtful.ess(row.ess_bulk) ? 'bad' : ''}>{formatCount(row.ess_bulk)}</td>
                <td class={doubtful.ess(row.ess_tail) ? 'bad' : ''}>{formatCount(row.ess_tail)}</td>
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

/** The attribute, and the name of the parameter in the regression. */
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
          caption="The density of each chain and its draws in order. Converged chains look alike and move through the whole range."
        />
      </section>
      <section aria-labelledby="ranks">
        <h2 id="ranks">Ranks</h2>
        <Figure
          draw={rank}
          caption="The ranks of each chain among all draws. If the chains agree, every bar is near the dashed line (Vehtari et al. 2021)."
        />
      </section>
    </>
  );
}

type Diagnostics = FitEntry['diagnostics'];

/** Whether a value is beyond its threshold; null counts as beyond. */
export const doubtful = {
  rhat: (value: number | null) => value === null || value > THRESHOLDS.rhat,
  ess: (value: number | null) => value === null || value < THRESHOLDS.ess,
  ebfmi: (value: number | null) => value === null || value < THRESHOLDS.ebfmi,
} as const;

interface Measure {
  readonly name: string;
  readonly value: string;
  readonly wanted: string;
  readonly means: string;
  readonly doubtful: boolean;
}

/** Every measure of a fit with its meaning (Vehtari et al. 2021; Betancourt 2016). */
function measuresOf(diagnostics: Diagnostics): Measure[] {
  const { max_rhat, min_ess_bulk, min_ess_tail, divergences, max_depth_hits, min_ebfmi, pareto_k } =
    diagnostics;
  const measures: Measure[] = [
    {
      name: 'Largest R-hat',
      value: fixed(max_rhat, 4),
      wanted: `at most ${THRESHOLDS.rhat}`,
      means: 'chains with different starts reached the same distribution',
      doubtful: doubtful.rhat(max_rhat),
    },
    {
      name: 'Least bulk ESS',
      value: formatCount(min_ess_bulk),
      wanted: `at least ${THRESHOLDS.ess}`,
      means: 'independent draws with the same precision of the means',
      doubtful: doubtful.ess(min_ess_bulk),
    },
    {
      name: 'Least tail ESS',
      value: formatCount(min_ess_tail),
      wanted: `at least ${THRESHOLDS.ess}`,
      means: 'independent draws with the same precision of the interval ends',
      doubtful: doubtful.ess(min_ess_tail),
    },
    {
      name: 'Divergences',
      value: formatCount(divergences),
      wanted: 'none',
      means: 'transitions that failed; a part of the posterior may be missed',
      doubtful: divergences > 0,
    },
    {
      name: 'Depth limit hit',
      value: formatCount(max_depth_hits),
      wanted: 'none',
      means: 'trajectories cut short: sampling is slow, not wrong',
      doubtful: max_depth_hits > 0,
    },
    {
      name: 'Least E-BFMI',
      value: fixed(min_ebfmi, 2),
      wanted: `at least ${THRESHOLDS.ebfmi}`,
      means: 'each transition can change the energy enough to reach the tails',
      doubtful: doubtful.ebfmi(min_ebfmi),
    },
  ];
  if (pareto_k !== null) {
    measures.push({
      name: 'Pareto k̂',
      value: fixed(pareto_k, 2),
      wanted: `below ${THRESHOLDS.paretoK}`,
      means:
        'closeness of the posterior to a Student-t around its mode; does not concern the chains',
      // A large value concerns the approximation, not the chains.
      doubtful: false,
    });
  }
  return measures;
}

interface PairsTabProps {
  readonly context: ContextRecord | null;
  readonly draws: Loaded<Draws>;
  readonly theme: 'light' | 'dark';
}

export function PairsTab({ context, draws, theme }: PairsTabProps) {
  return (
    <WhenLoaded loaded={draws} what="the draws">
      {(value) => <Pairs context={context} draws={value} theme={theme} />}
    </WhenLoaded>
  );
}

interface PairsProps extends Omit<PairsTabProps, 'draws'> {
  readonly draws: Draws;
}

function Pairs({ context, draws, theme }: PairsProps) {
  const draw = useCallback(
    (width: number) => pairsPlot(context ? withNames(draws, context) : draws, { width, theme }),
    [context, draws, theme],
  );
  return (
    <section class="whole" aria-labelledby="pairs">
      <h2 id="pairs">Pairs of parameters</h2>
      <Figure
        draw={draw}
        caption="Draws of every two parameters: a slope means that the data cannot separate the two."
      />
    </section>
  );
}

const LEAST_TRACE = 420;

function tracePlot(draws: Draws, { width, theme }: PageFigure): string {
  return plotTrace(draws, { width: Math.max(LEAST_TRACE, width), theme }).svg;
}

function rankPlot(draws: Draws, figure: PageFigure): string {
  return plotRank(draws, figure).svg;
}

/** Narrower cells could not hold their numbers: the picture is scaled instead. */
const LEAST_PAIR_CELL = 105;

function pairsPlot(draws: Draws, { width, theme }: PageFigure): string {
  const needed = draws.parameterNames.length * LEAST_PAIR_CELL;
  return plotPairs(draws, { width: Math.max(width, needed), theme }).svg;
}
