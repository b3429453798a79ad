/** Every trial and every report of a context, with links to their prompts and answers. */
import type { ContextRecord, ReportsReply, TrialRecord } from '../wire.js';
import type { ContextData } from './api.js';
import { TableFrame } from './figure.js';
import { fixed, plural, valueText, wordsOf } from './format.js';
import type { Loaded } from './loaded.js';
import { WhenLoaded } from './loaded.js';
import { Link } from './navigation.js';
import { type Place, reportRoute, trialRoute } from './route.js';
import { type ListedReport, listReports } from './weights.js';

interface ChoicesTabProps {
  readonly context: ContextRecord;
  readonly route: Place;
  readonly data: ContextData;
}

export function ChoicesTab({ context, route, data }: ChoicesTabProps) {
  return (
    <>
      <Choices context={context} route={route} data={data} />
      <Reports context={context} route={route} loaded={data.reports} />
    </>
  );
}

function Choices({ context, route, data }: ChoicesTabProps) {
  return (
    <section class="whole" aria-labelledby="choices">
      <h2 id="choices">Choices</h2>
      <WhenLoaded loaded={data.trials} what="the choices">
        {({ trials }) =>
          trials.length === 0 ? (
            <p>The result has no choices in this context.</p>
          ) : (
            <>
              <p class="note">
                {plural(trials.length, 'trial')}: A was chosen in{' '}
                {trials.filter(({ choice }) => choice === 'A').length}. The values of the chosen
                option are bold. A trial's number opens its prompt and answer.
              </p>
              <ChoiceTable context={context} route={route} trials={trials} />
            </>
          )
        }
      </WhenLoaded>
    </section>
  );
}

interface ChoiceTableProps extends Omit<ChoicesTabProps, 'data'> {
  readonly trials: readonly TrialRecord[];
}

function ChoiceTable({ context: { attributes }, route, trials }: ChoiceTableProps) {
  const probabilities = trials.some(({ probability }) => probability !== undefined);
  return (
    <TableFrame heading="choices" class="tall">
      <table class="numbers choices" data-table="choices">
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              trial
            </th>
            <th scope="col" rowSpan={2}>
              choice
            </th>
            {probabilities && (
              <th scope="col" rowSpan={2}>
                P(A)
              </th>
            )}
            {attributes.map(({ name, units }) => (
              <th key={name} scope="colgroup" colSpan={2} class="group">
                {wordsOf(name)}
                {units && <span class="units">{units}</span>}
              </th>
            ))}
          </tr>
          <tr>
            {attributes.map(({ name }) => (
              <OptionHeads key={name} />
            ))}
          </tr>
        </thead>
        <tbody>
          {trials.map((trial, index) => (
            <tr key={index}>
              <th scope="row">
                <Link to={trialRoute(route, index + 1)}>{index + 1}</Link>
              </th>
              <td>{trial.choice ?? 'neither'}</td>
              {probabilities && <td>{fixed(trial.probability, 3)}</td>}
              {attributes.map(({ name }, i) => (
                <OptionValues key={name} trial={trial} index={i} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function OptionHeads() {
  return (
    <>
      <th scope="col" class="group">
        A
      </th>
      <th scope="col">B</th>
    </>
  );
}

function OptionValues({ trial, index }: { readonly trial: TrialRecord; readonly index: number }) {
  const { a, b, choice } = trial;
  return (
    <>
      <td class={choice === 'A' ? 'group chosen' : 'group'}>{valueText(a[index] ?? Number.NaN)}</td>
      <td class={choice === 'B' ? 'chosen' : ''}>{valueText(b[index] ?? Number.NaN)}</td>
    </>
  );
}

interface ReportsProps {
  readonly context: ContextRecord;
  readonly route: Place;
  readonly loaded: Loaded<ReportsReply>;
}

function Reports({ context, route, loaded }: ReportsProps) {
  return (
    <section class="whole" aria-labelledby="reports">
      <h2 id="reports">Reports</h2>
      <WhenLoaded loaded={loaded} what="the reports">
        {(reply) => {
          const reports = listReports(reply);
          if (reports.length === 0) return <p>The result has no reports on this context.</p>;
          return (
            <>
              <p class="note">
                {countsText(reports)} A report's number opens its prompt and answer.
              </p>
              <ReportTable context={context} route={route} reports={reports} />
            </>
          );
        }}
      </WhenLoaded>
    </section>
  );
}

function countsText(reports: readonly ListedReport[]): string {
  const invalid = reports.filter(({ report }) => report.weights === null).length;
  const all = plural(reports.length, 'report');
  return invalid === 0
    ? `${all}, with a weight for each attribute.`
    : `${all}, ${invalid} invalid.`;
}

interface ReportTableProps extends Omit<ReportsProps, 'loaded'> {
  readonly reports: readonly ListedReport[];
}

function ReportTable({ context: { attributes }, route, reports }: ReportTableProps) {
  return (
    <TableFrame heading="reports" class="tall">
      <table class="numbers reports" data-table="reports">
        <thead>
          <tr>
            <th scope="col">report</th>
            <th scope="col" class="stage">
              stage
            </th>
            {attributes.map(({ name }) => (
              <th key={name} scope="col">
                {wordsOf(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {reports.map(({ file, number, stage, report: { weights } }) => (
            <tr key={`${file} ${number}`}>
              <th scope="row">
                <Link to={reportRoute(route, { file, number })}>{number}</Link>
              </th>
              <td class="stage">{stage}</td>
              {weights ? (
                attributes.map(({ name }, i) => (
                  <td key={name}>{valueText(weights[i] ?? Number.NaN)}</td>
                ))
              ) : (
                <td class="bad" colSpan={attributes.length}>
                  invalid
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
