/** Every report on a context, those that could not be used as well. */
import type { ContextRecord, ReportsReply } from '../wire.js';
import { plural, valueText, wordsOf } from './format.js';
import { WhenLoaded } from './loaded.js';
import { Link } from './navigation.js';
import { type Place, reportRoute } from './route.js';
import { TableFrame } from './table-frame.js';
import type { Loaded } from './use-loaded.js';
import { type ListedReport, listReports } from './weights-table.js';

interface ReportsProps {
  readonly context: ContextRecord;
  readonly route: Place;
  readonly loaded: Loaded<ReportsReply>;
}

export function Reports({ context, route, loaded }: ReportsProps) {
  return (
    <section class="whole" aria-labelledby="reports">
      <h2 id="reports">Reports</h2>
      <WhenLoaded loaded={loaded} what="the reports">
        {(reply) => {
          const reports = listReports(reply);
          if (reports.length === 0) return <p>The result holds no reports on this context.</p>;
          return (
            <>
              <p class="note">{countsText(reports)} A number opens the question and the answer.</p>
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
