/**
 * The model of a specification and the plan of its fit, made once for all chains on a thread: of
 * group effects both take as long as many draws.
 */
import type { Model } from '../sampler/model.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { type FitPlan, planFit } from './fit.js';
import { type AnySpecification, modelOf } from './specification.js';

type MadeModel = ReturnType<typeof modelOf>;

const models = new WeakMap<AnySpecification, MadeModel>();

/** As `modelOf`, but the same one for the same object. */
export function modelOnce(specification: AnySpecification): MadeModel {
  const known = models.get(specification);
  if (known) return known;
  const model = modelOf(specification);
  models.set(specification, model);
  return model;
}

interface Planned {
  readonly name: string;
  readonly settings: SamplerSettings;
  readonly plan: FitPlan;
}

const plans = new WeakMap<Model, Planned>();

/** As `planFit`, but the same one for the same model, settings and name. */
export function planOnce(model: Model, settings: SamplerSettings, name: string): FitPlan {
  const known = plans.get(model);
  if (known?.settings === settings && known.name === name) return known.plan;
  const plan = planFit(model, settings, name);
  plans.set(model, { name, settings, plan });
  return plan;
}
