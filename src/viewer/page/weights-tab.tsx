/** The weights of a context: learned from choices, as targets, and as the model reports them. */
import { useCallback, useMemo } from 'preact/hooks';
import type { ContextRecord } from '../wire.js';
import type { ContextData } from './api.js';
import { Figure, TableFrame } from './figure.js';
import { fixed, intervalText, plural, valueText, wordsOf } from './format.js';
import { WhenLoaded } from './loaded.js';
import { type ReportSeries, reportSeries, type WeightRow, weightRows } from './weights.js';
import { seriesColour, weightsFigure } from './weights-figure.js';

interface WeightsTabProps {
  readonly context: ContextRecord;
  readonly data: ContextData;
  readonly theme: 'light' | 'dark';
}

export function WeightsTab({ context, data, theme }: WeightsTabProps) {
  return (
    <WhenLoaded loaded={data.fit} what="the weights">
      {(fit) => {
        const rows = weightRows(context, fit);
        if (!rows) return <p>The result holds no weights for this fit.</p>;
        return (
          <WhenLoaded loaded={data.reports} what="the reports">
            {(reports) => (
              <Weights
                rows={rows}
                series={reportSeries(reports, context.attributes.length)}
                choices={fit.weights?.n ?? 0}
                data={data}
                theme={theme}
              />
            )}
          </WhenLoaded>
        );
      }}
    </WhenLoaded>
  );
}

interface WeightsProps extends Omit<WeightsTabProps, 'context'> {
  readonly rows: readonly WeightRow[];
  readonly series: readonly ReportSeries[];
  readonly choices: number;
}

function Weights({ rows, series, choices, data, theme }: WeightsProps) {
  return (
    <>
      <section aria-labelledby="weights">
        <h2 id="weights">Learned weights and reports</h2>
        <Legend rows={rows} series={series} />
        <WhenLoaded loaded={data.draws} what="the draws">
          {(draws) => <WeightsPlot rows={rows} series={series} draws={draws} theme={theme} />}
        </WhenLoaded>
      </section>
      <section aria-labelledby="weights-numbers">
        <h2 id="weights-numbers">In numbers</h2>
        <WeightsTable rows={rows} series={series} />
        <p class="note">
          From {plural(choices, 'choice')}. Log-odds: the gain of an option that exceeds the other
          by the whole range of the attribute. Scaled: the largest absolute mean is 100, as in the
          paper.
        </p>
      </section>
    </>
  );
}

function Legend({ rows, series }: Pick<WeightsProps, 'rows' | 'series'>) {
  return (
    <ul class="legend">
      <li>
        <svg class="key" viewBox="0 0 24 12" aria-hidden="true">
          <path d="M1 6h22" stroke="#0072B2" stroke-width="3" stroke-linecap="round" />
          <circle cx="12" cy="6" r="4" fill="#0072B2" stroke="#fff" />
        </svg>
        learned from choices: mean, 95% HDI, density
      </li>
      {rows.some(({ target }) => target !== null) && (
        <li>
          <svg class="key" viewBox="0 0 24 12" aria-hidden="true">
            <path d="M12 0l5 6-5 6-5-6z" fill="#D55E00" />
          </svg>
          target weight
        </li>
      )}
      {series.map(({ file, label, weights }, index) => (
        <li key={file}>
          <svg class="key" viewBox="0 0 24 12" aria-hidden="true">
            <circle cx="8" cy="6" r="3.5" fill={seriesColour(index)} />
            <path d="M17 1v10" stroke={seriesColour(index)} stroke-width="3" />
          </svg>
          {plural(weights.length, 'report')} {label}, and their mean
        </li>
      ))}
      {series.length === 0 && <li>no reports on this context</li>}
    </ul>
  );
}

interface WeightsPlotProps {
  readonly rows: WeightsProps['rows'];
  readonly series: WeightsProps['series'];
  readonly draws: Parameters<typeof weightsFigure>[0]['draws'];
  readonly theme: 'light' | 'dark';
}

function WeightsPlot({ rows, series, draws, theme }: WeightsPlotProps) {
  const draw = useCallback(
    (width: number) => weightsFigure({ rows, series, draws, theme, width }),
    [rows, series, draws, theme],
  );
  return (
    <Figure
      draw={draw}
      widest={900}
      caption="A weight above 0 means that more of the attribute makes an option more likely to be chosen. Arrows at the edges are reports beyond the axis."
    />
  );
}

function WeightsTable({ rows, series }: Pick<WeightsProps, 'rows' | 'series'>) {
  const targets = useMemo(() => rows.some(({ target }) => target !== null), [rows]);
  return (
    <TableFrame heading="weights-numbers">
      <table class="numbers" data-table="weights">
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              attribute
            </th>
            <th scope="col" rowSpan={2}>
              range
            </th>
            {targets && (
              <th scope="col" rowSpan={2}>
                target
              </th>
            )}
            <th scope="col" rowSpan={2}>
              log-odds
            </th>
            <th scope="col" rowSpan={2}>
              scaled
            </th>
            <th scope="col" rowSpan={2}>
              95% HDI, scaled
            </th>
            {series.length > 0 && (
              <th scope="colgroup" colSpan={series.length} class="group">
                mean report
              </th>
            )}
          </tr>
          <tr>
            {series.map(({ file, short }) => (
              <th key={file} scope="col">
                {short}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ attribute, mean, scaled, hdi, target }, index) => (
            <tr key={attribute.name}>
              <th scope="row">{wordsOf(attribute.name)}</th>
              <td>{rangeText(attribute)}</td>
              {targets && <td>{fixed(target, 0)}</td>}
              <td>{fixed(mean, 2)}</td>
              <td>{fixed(scaled, 0)}</td>
              <td>{intervalText(hdi, 0)}</td>
              {series.map(({ file, means }) => (
                <td key={file}>{fixed(means[index], 1)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function rangeText({ range, units }: ContextRecord['attributes'][number]): string {
  return `${valueText(range[0])} to ${valueText(range[1])}${units ? ` ${units}` : ''}`;
}
