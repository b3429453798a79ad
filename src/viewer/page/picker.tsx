/** Choice of a model, a setting and a context. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Setting } from '../wire.js';
import { ContextList } from './context-list.js';
import { plural } from './format.js';
import { search } from './list.js';
import { useShared } from './navigation.js';
import { otherContext } from './route.js';
import { firstPlace, type Study, settingsOf } from './study.js';

const settingNames: Readonly<Record<Setting, string>> = {
  instilled: 'Instilled',
  native: 'Native',
};

export function Picker({ study }: { readonly study: Study }) {
  const { route, go } = useShared();
  const { model, setting, pickModel, pickSetting } = usePicked(study);
  const [query, setQuery] = useState('');
  const all = study.listed(model, setting);
  const found = useMemo(() => search(all, query), [all, query]);
  const shown = route.page === 'context' && route.model === model && route.setting === setting;
  return (
    <section class="picker" id="picker" aria-label="Pick a context">
      <ModelField models={study.result.models} model={model} pick={pickModel} />
      <SettingField known={settingsOf(study, model)} setting={setting} pick={pickSetting} />
      <ContextList
        items={found}
        current={shown ? route.context : null}
        query={query}
        setQuery={setQuery}
        choose={(name) => go(otherContext(route, { model, setting, context: name }))}
      />
      <p class="list-count" role="status">
        {query === ''
          ? plural(all.length, 'context')
          : `${found.length} of ${plural(all.length, 'context')}`}
        <span class="hint">
          <kbd>/</kbd> searches, <kbd>?</kbd> shows all keys
        </span>
      </p>
    </section>
  );
}

/** Model and setting of the list: those of the page, until others are picked. */
function usePicked(study: Study) {
  const { route, go } = useShared();
  const first = useMemo(() => firstPlace(study), [study]);
  // A link made for another result may name a model that this one does not have.
  const followed =
    route.page === 'context' && study.listed(route.model, route.setting).length > 0 ? route : null;
  const at = followed ?? first;
  const [model, setModel] = useState(at?.model ?? '');
  const [setting, setSetting] = useState<Setting>(at?.setting ?? 'instilled');
  useEffect(() => {
    if (!followed) return;
    setModel(followed.model);
    setSetting(followed.setting);
  }, [route]);

  /** Shows the same context of another model or setting, if there is one. */
  const move = (nextModel: string, nextSetting: Setting) => {
    setModel(nextModel);
    setSetting(nextSetting);
    const context = route.page === 'context' ? route.context : null;
    const list = study.listed(nextModel, nextSetting);
    if (context === null || !list.some((item) => item.context.name === context)) return;
    go(otherContext(route, { model: nextModel, setting: nextSetting, context }));
  };
  const pickModel = (next: string) => {
    const has = settingsOf(study, next);
    move(next, has.includes(setting) ? setting : (has[0] ?? setting));
  };
  return { model, setting, pickModel, pickSetting: (next: Setting) => move(model, next) };
}

interface ModelFieldProps {
  readonly models: readonly string[];
  readonly model: string;
  readonly pick: (model: string) => void;
}

function ModelField({ models, model, pick }: ModelFieldProps) {
  return (
    <label class="field">
      <span>Model</span>
      <select value={model} onChange={(event) => pick(event.currentTarget.value)}>
        {models.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface SettingFieldProps {
  readonly known: readonly Setting[];
  readonly setting: Setting;
  readonly pick: (setting: Setting) => void;
}

function SettingField({ known, setting, pick }: SettingFieldProps) {
  return (
    <fieldset class="segments">
      <legend>Preferences</legend>
      {known.map((name) => (
        <label key={name}>
          <input
            type="radio"
            name="setting"
            value={name}
            checked={name === setting}
            onChange={() => pick(name)}
          />
          <span>{settingNames[name]}</span>
        </label>
      ))}
    </fieldset>
  );
}
