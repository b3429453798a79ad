/** Every trial and every report of a context, and the way to their prompts and answers. */
import type { ContextRecord, TrialRecord } from '../wire.js';
import { fixed, plural, valueText, wordsOf } from './format.js';
import { WhenLoaded } from './loaded.js';
import { Link } from './navigation.js';
import { Reports } from './reports-section.js';
import { type Place, trialRoute } from './route.js';
import { TableFrame } from './table-frame.js';
import type { ContextData } from './use-context-data.js';

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
            <p>The result holds no choices in this context.</p>
          ) : (
            <>
              <p class="note">
                {plural(trials.length, 'trial')}: A was chosen in{' '}
                {trials.filter(({ choice }) => choice === 'A').length}. The values of the chosen
                option are set bold; a trial's number opens its prompt and answer.
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
