/** A trial or a report over the page: the prompt that the model read, and its answer. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ContextRecord, ReportsReply, TrialRecord, TrialsReply } from '../wire.js';
import { getPrompt } from './api.js';
import { PromptText, RawAnswer, StepDialog } from './dialog.js';
import { fixed, plural, titleOf, valueText, wordsOf } from './format.js';
import { ErrorBox, type Loaded, useLoaded, WhenLoaded } from './loaded.js';
import { useShared } from './navigation.js';
import { type ContextRoute, type ReportPlace, reportRoute, trialRoute } from './route.js';
import { type ListedReport, listReports } from './weights.js';

interface TrialDialogProps {
  readonly context: ContextRecord;
  readonly route: ContextRoute;
  readonly trial: number;
  readonly trials: Loaded<TrialsReply>;
}

export function TrialDialog({ context, route, trial, trials }: TrialDialogProps) {
  const { go } = useShared();
  const count = trials.state === 'ready' ? trials.value.trials.length : 0;
  return (
    <StepDialog
      title={`${titleOf(context.name)}, trial ${trial}`}
      route={route}
      kind="Trials"
      at={trial}
      of={count}
      show={(next) => go(trialRoute(route, next), 'replace')}
    >
      <WhenLoaded loaded={trials} what="the trial">
        {({ trials: all }) => {
          const shown = all[trial - 1];
          return shown ? (
            <>
              <TrialAnswer trial={shown} />
              <Prompts route={route} trial={trial} />
            </>
          ) : (
            <ErrorBox message={`No trial ${trial}: expected 1 to ${all.length}.`} />
          );
        }}
      </WhenLoaded>
    </StepDialog>
  );
}

function TrialAnswer({ trial: { choice, probability, raw } }: { readonly trial: TrialRecord }) {
  return (
    <Part title="Answer">
      <p>
        {choice ? (
          <>
            Chose <strong>{choice}</strong>
          </>
        ) : (
          'Neither A nor B'
        )}
        {probability !== undefined && <>, with P(A) = {fixed(probability, 3)} of the two</>}.
      </p>
      <RawAnswer raw={raw} instead="The data have the choice, but not the text of the answer." />
    </Part>
  );
}

const tasks = ['decision', 'introspection'] as const;
type Task = (typeof tasks)[number];

function Prompts({ route, trial }: { readonly route: ContextRoute; readonly trial: number }) {
  const [task, setTask] = useState<Task>('decision');
  const { model, setting, context } = route;
  const prompt = useLoaded(JSON.stringify([model, setting, context, trial]), (signal) =>
    getPrompt(route, trial, signal),
  );
  return (
    <Part title="Prompt">
      <fieldset class="segments">
        <legend class="unseen">Which prompt</legend>
        {tasks.map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="task"
              checked={name === task}
              onChange={() => setTask(name)}
            />
            <span>{titleOf(name)}</span>
          </label>
        ))}
      </fieldset>
      <WhenLoaded loaded={prompt} what="the prompt">
        {(found) => <PromptText system={found.system} user={found[task] ?? ''} task={task} />}
      </WhenLoaded>
      <p class="note">
        Rebuilt from the context and the options of the trial
        {task === 'introspection' &&
          ', as a question about this choice would be asked; the actual questions are shown with the reports'}
        .
      </p>
    </Part>
  );
}

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
              <ReportAnswer context={context} listed={shown} />
              <ReportPrompt route={route} listed={shown} />
            </>
          ) : (
            <ErrorBox
              message={`No report ${at.number} in ${at.file}: the result has ${plural(all.length, 'report')} on this context.`}
            />
          )
        }
      </WhenLoaded>
    </StepDialog>
  );
}

interface ReportAnswerProps {
  readonly context: ContextRecord;
  readonly listed: ListedReport;
}

function ReportAnswer({ context, listed: { report } }: ReportAnswerProps) {
  const { weights, raw } = report;
  return (
    <Part title="Answer">
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
          <strong>Invalid</strong>: no weights could be read from the answer.
        </p>
      )}
      <RawAnswer raw={raw} instead="The data do not have the text of the answer." />
    </Part>
  );
}

interface ReportPromptProps {
  readonly route: ContextRoute;
  readonly listed: ListedReport;
}

function ReportPrompt({ route, listed: { file, number, report } }: ReportPromptProps) {
  const { model, setting, context } = route;
  const known = report.a !== undefined && report.b !== undefined;
  const key = known ? JSON.stringify([model, setting, context, file, number]) : null;
  const prompt = useLoaded(key, (signal) => getPrompt(route, { file, number }, signal));
  return (
    <Part title="Prompt">
      {known ? (
        <>
          <WhenLoaded loaded={prompt} what="the prompt">
            {({ system, introspection }) => (
              <PromptText system={system} user={introspection} task="introspection" />
            )}
          </WhenLoaded>
          <p class="note">Rebuilt from the context and the options in the question.</p>
        </>
      ) : (
        <p class="note">The data do not have the options of the question.</p>
      )}
    </Part>
  );
}

interface PartProps {
  readonly title: 'Answer' | 'Prompt';
  readonly children: ComponentChildren;
}

function Part({ title, children }: PartProps) {
  const id = title.toLowerCase();
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {children}
    </section>
  );
}
