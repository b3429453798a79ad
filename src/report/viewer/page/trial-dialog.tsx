/** One trial over the page: its prompts as the model read them, and what it answered. */
import { useState } from 'preact/hooks';
import type { ContextRecord, TrialRecord, TrialsReply } from '../wire.js';
import { getPrompt } from './api.js';
import { Dialog } from './dialog.js';
import { fixed, titleOf } from './format.js';
import { ErrorBox, WhenLoaded } from './loaded.js';
import { leaveDialog, useShared } from './navigation.js';
import { type ContextRoute, contextRoute, trialRoute } from './route.js';
import { type Loaded, useLoaded } from './use-loaded.js';

interface TrialDialogProps {
  readonly context: ContextRecord;
  readonly route: ContextRoute;
  readonly trial: number;
  readonly trials: Loaded<TrialsReply>;
}

export function TrialDialog({ context, route, trial, trials }: TrialDialogProps) {
  const navigation = useShared();
  const count = trials.state === 'ready' ? trials.value.trials.length : 0;
  const show = (next: number) => {
    if (next >= 1 && next <= count) navigation.go(trialRoute(route, next), 'replace');
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'n') show(trial + 1);
    if (event.key === 'p') show(trial - 1);
  };
  return (
    <Dialog
      title={`${titleOf(context.name)}, trial ${trial}`}
      close={() => leaveDialog(navigation, contextRoute(route, route.tab))}
      onKey={onKey}
      class="trial"
    >
      <WhenLoaded loaded={trials} what="the trial">
        {({ trials: all }) => {
          const shown = all[trial - 1];
          return shown ? (
            <>
              <nav class="steps" aria-label="Trials">
                <button type="button" disabled={trial <= 1} onClick={() => show(trial - 1)}>
                  Previous
                </button>
                <span>
                  {trial} of {all.length}
                </span>
                <button
                  type="button"
                  disabled={trial >= all.length}
                  onClick={() => show(trial + 1)}
                >
                  Next
                </button>
              </nav>
              <Answer trial={shown} />
              <Prompts route={route} trial={trial} />
            </>
          ) : (
            <ErrorBox message={`There is no trial ${trial}: expected 1 to ${all.length}.`} />
          );
        }}
      </WhenLoaded>
    </Dialog>
  );
}

function Answer({ trial: { choice, probability, raw } }: { readonly trial: TrialRecord }) {
  return (
    <section aria-labelledby="answer">
      <h3 id="answer">Answer</h3>
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
      {raw === undefined ? (
        <p class="note">The data hold the choice, not the words of the answer.</p>
      ) : (
        <pre class="raw" data-raw>
          {raw}
        </pre>
      )}
    </section>
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
    <section aria-labelledby="prompt">
      <h3 id="prompt">Prompt</h3>
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
        {(found) => (
          <>
            <h4>System</h4>
            <pre class="raw">{found.system}</pre>
            <h4>User</h4>
            <pre class="raw" data-prompt={task}>
              {found[task]}
            </pre>
          </>
        )}
      </WhenLoaded>
      <p class="note">
        Rebuilt from the context and the options of the trial
        {task === 'introspection' && ', as a question about this choice would have been put'}.
      </p>
    </section>
  );
}
