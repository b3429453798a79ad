/** One report over the page: what the model was asked about its choice, and what it answered. */
import type { ContextRecord, ReportsReply } from '../wire.js';
import { getPrompt } from './api.js';
import { plural, titleOf, valueText, wordsOf } from './format.js';
import { ErrorBox, WhenLoaded } from './loaded.js';
import { useShared } from './navigation.js';
import { type ContextRoute, type ReportPlace, reportRoute } from './route.js';
import { PromptText, RawAnswer, StepDialog } from './step-dialog.js';
import { type Loaded, useLoaded } from './use-loaded.js';
import { type ListedReport, listReports } from './weights-table.js';

interface ReportDialogProps {
  readonly context: ContextRecord;
  readonly route: ContextRoute;
  readonly at: ReportPlace;
  readonly reports: Loaded<ReportsReply>;
}

export function ReportDialog({ context, route, at, reports }: ReportDialogProps) {
  const { go } = useShared();
  const all = reports.state === 'ready' ? listReports(reports.value) : [];
  const index = all.findIndex(({ file, number }) => file === at.file && number === at.number);
  const show = (next: number) => {
    const report = all[next - 1];
    if (report) go(reportRoute(route, report), 'replace');
  };
  const shown = all[index];
  return (
    <StepDialog
      title={`${titleOf(context.name)}, report ${at.number}${shown ? ` ${shown.stage}` : ''}`}
      route={route}
      kind="Reports"
      at={index + 1}
      of={all.length}
      show={show}
    >
      <WhenLoaded loaded={reports} what="the report">
        {() =>
          shown ? (
            <>
              <Answer context={context} listed={shown} />
              <Prompt route={route} listed={shown} />
            </>
          ) : (
            <ErrorBox
              message={`There is no report ${at.number} in ${at.file}: the result holds ${plural(all.length, 'report')} on this context.`}
            />
          )
        }
      </WhenLoaded>
    </StepDialog>
  );
}

interface AnswerProps {
  readonly context: ContextRecord;
  readonly listed: ListedReport;
}

function Answer({ context, listed: { report } }: AnswerProps) {
  const { weights, raw } = report;
  return (
    <section aria-labelledby="answer">
      <h3 id="answer">Answer</h3>
      {weights ? (
        <dl class="facts" data-report-weights>
          {context.attributes.map(({ name }, i) => (
            <div key={name}>
              <dt>{wordsOf(name)}</dt>
              <dd>{valueText(weights[i] ?? Number.NaN)}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <p>
          <strong>Invalid</strong>: weights could not be read from it.
        </p>
      )}
      <RawAnswer raw={raw} instead="The data do not hold the words of the answer." />
    </section>
  );
}

interface PromptProps {
  readonly route: ContextRoute;
  readonly listed: ListedReport;
}

function Prompt({ route, listed: { file, number, report } }: PromptProps) {
  const { model, setting, context } = route;
  const known = report.a !== undefined && report.b !== undefined;
  const key = known ? JSON.stringify([model, setting, context, file, number]) : null;
  const prompt = useLoaded(key, (signal) => getPrompt(route, { file, number }, signal));
  return (
    <section aria-labelledby="prompt">
      <h3 id="prompt">Prompt</h3>
      {known ? (
        <>
          <WhenLoaded loaded={prompt} what="the prompt">
            {({ system, introspection }) => (
              <PromptText system={system} user={introspection} task="introspection" />
            )}
          </WhenLoaded>
          <p class="note">Rebuilt from the context and the options that the question showed.</p>
        </>
      ) : (
        <p class="note">The data do not hold which options the question showed.</p>
      )}
    </section>
  );
}
