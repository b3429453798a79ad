/** One trial over the page: its prompts as the model read them, and what it answered. */
import { useState } from 'preact/hooks';
import type { ContextRecord, TrialRecord, TrialsReply } from '../wire.js';
import { getPrompt } from './api.js';
import { fixed, titleOf } from './format.js';
import { ErrorBox, WhenLoaded } from './loaded.js';
import { useShared } from './navigation.js';
import { type ContextRoute, trialRoute } from './route.js';
import { PromptText, RawAnswer, StepDialog } from './step-dialog.js';
import { type Loaded, useLoaded } from './use-loaded.js';

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
              <Answer trial={shown} />
              <Prompts route={route} trial={trial} />
            </>
          ) : (
            <ErrorBox message={`There is no trial ${trial}: expected 1 to ${all.length}.`} />
          );
        }}
      </WhenLoaded>
    </StepDialog>
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
      <RawAnswer raw={raw} instead="The data hold the choice, not the words of the answer." />
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
        {(found) => <PromptText system={found.system} user={found[task] ?? ''} task={task} />}
      </WhenLoaded>
      <p class="note">
        Rebuilt from the context and the options of the trial
        {task === 'introspection' &&
          ', as a question about this choice would have been put; what was asked stands with the reports'}
        .
      </p>
    </section>
  );
}
