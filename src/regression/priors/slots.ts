/**
 * The possible targets of priors in a regression, class by class, as in the table of brms'
 * `get_prior`; each with the targets that it falls back on.
 */
import { auxiliaryOf, type Family, nameOf } from '../../../models/families/family.js';
import { gapsOf, thresholdSpans } from '../../../models/families/thresholds.js';
import { correlatedLatents } from '../../../models/regression-data.js';
import { didYouMean, listed } from '../../checks/names.js';
import { WeighbridgeError } from '../../errors.js';
import { coefficientName } from '../../formula/names.js';
import { hasCorrelations, hasGaps, type PriorModel } from './default-rows.js';
import { linearPredictors, lineName, targetsOfSmooth } from './linear-predictors.js';
import {
  isSmoothClass,
  type PriorClass,
  type PriorRow,
  type PriorTarget,
  type SmoothClass,
  smoothClasses,
} from './prior-rows.js';
import { formatPrior } from './prior-text.js';

export interface Slot {
  readonly target: PriorTarget;
  /** From the most to the least specific, the target itself first. */
  readonly chain: readonly PriorTarget[];
}

/** Key of a target; equal for equal targets. */
export function keyOf({ class: name, coef, group, dpar, resp }: PriorTarget): string {
  return JSON.stringify([name, coef ?? null, group ?? null, dpar ?? null, resp ?? null]);
}

/** Sort order of brms' tables: by parameter, class, group and coefficient. */
export function slotsOf(model: PriorModel, family: Family): Slot[] {
  const [first, ...all] = linearPredictors(model);
  const others = all.filter(({ dpar }) => dpar !== undefined);
  const specific = all.filter(({ dpar }) => dpar === undefined);
  const slopes = distinct([...first.slopes, ...specific.flatMap((one) => one.slopes)]);
  const mean = { ...first, slopes };
  const parts = others.sort((a, b) => byText(a.dpar ?? '', b.dpar ?? ''));
  return [
    ...slotsOfMean(mean, model, family),
    ...parts.flatMap(slotsOfPart),
    ...slotsOfLatents(model),
  ];
}

/** The slots of latent predictors: of the noisy ones, then of the formula of each with missing values. */
function slotsOfLatents({ latents }: PriorModel): Slot[] {
  if (!latents) return [];
  const noisy = latents.variables.flatMap(({ kind, name }) => (kind === 'noisy' ? [name] : []));
  const ofNoisy = (name: 'meanme' | 'sdme') => [
    slot({ class: name }),
    ...noisy.map((coef) => slot({ class: name, coef }, { class: name })),
  ];
  return [
    ...(correlatedLatents(latents) > 0 ? [slot({ class: 'corme' })] : []),
    ...(noisy.length > 0 ? [...ofNoisy('meanme'), ...ofNoisy('sdme')] : []),
    ...latents.variables.flatMap(({ kind, name: resp, intercept, predictors }): Slot[] => {
      if (kind === 'noisy') return [];
      const all: PriorTarget = { class: 'b', resp };
      const coefficients = [...predictors.names].sort(byText);
      return [
        ...(coefficients.length === 0 ? [] : [slot(all)]),
        ...coefficients.map((coef) => slot({ class: 'b', coef, resp }, all)),
        ...(intercept ? [slot({ class: 'Intercept', resp })] : []),
        slot({ class: 'sigma', resp }),
      ];
    }),
  ];
}

/** The slots of a parameter's linear predictor. */
function slotsOfPart(predictor: Predictor): Slot[] {
  const { dpar = '', intercept, groups, smooths } = predictor;
  const of = (target: PriorTarget): PriorTarget => ({ ...target, dpar });
  const all = of({ class: 'b' });
  const coefficients = slopesOf(predictor);
  return [
    ...(coefficients.length === 0 ? [] : [slot(all)]),
    ...coefficients.map((coef) => slot(of({ class: 'b', coef }), all)),
    ...(intercept ? [slot(of({ class: 'Intercept' }))] : []),
    ...slotsOfSmooths('lscale', smooths, dpar),
    ...(groups.length === 0 ? [] : slotsOfSds(groups, of)),
    ...slotsOfSmooths('sdgp', smooths, dpar),
    ...slotsOfSmooths('sds', smooths, dpar),
    ...sharesOf(predictor).map((coef) => slot(of({ class: 'simo', coef }))),
  ];
}

/** The slots of a class of parameters of smooth terms. */
function slotsOfSmooths(
  name: SmoothClass,
  smooths: Predictor['smooths'],
  dpar: string | undefined,
): Slot[] {
  const whole: PriorTarget = { class: name, ...(dpar !== undefined && { dpar }) };
  const targets = smooths.flatMap((smooth) =>
    targetsOfSmooth(smooth).further.filter((target) => target.class === name),
  );
  const coefs = distinct(present(targets.map(({ coef }) => coef)));
  if (coefs.length === 0) return [];
  return [slot(whole), ...coefs.map((coef) => slot({ ...whole, coef }, whole))];
}

/** Coefficients of class b: slopes, the sizes of monotonic effects, and the slopes of splines. */
function slopesOf({ slopes, terms, smooths }: Predictor): string[] {
  const splines = smooths.filter(({ kind }) => kind === 'spline');
  return [...slopes, ...terms, ...splines.map(lineName)].sort(byText);
}

function sharesOf({ terms }: Predictor): string[] {
  return terms.map((name) => `${name}1`).sort(byText);
}

type Predictor = ReturnType<typeof linearPredictors>[number];

function slotsOfSds(
  groups: Predictor['groups'],
  of: (target: PriorTarget) => PriorTarget = (target) => target,
): Slot[] {
  const whole = of({ class: 'sd' });
  return [
    slot(whole),
    ...distinct(groups.map(({ group }) => group)).flatMap((group) => {
      const all = of({ class: 'sd', group });
      return [
        slot(all, whole),
        ...coefficientsOf(groups, group).map((coef) =>
          slot(of({ class: 'sd', coef, group }), all, whole),
        ),
      ];
    }),
  ];
}

function slotsOfMean(mean: Predictor, model: PriorModel, family: Family): Slot[] {
  const own = auxiliaryOf(family).filter((name) => name !== 'sigma' || !model.hasKnownScale);
  const classes: PriorClass[] = [...own];
  if (slopesOf(mean).length > 0) classes.push('b');
  if (mean.terms.length > 0) classes.push('simo');
  for (const name of smoothClasses) {
    if (slotsOfSmooths(name, mean.smooths, undefined).length > 0) classes.push(name);
  }
  if (mean.intercept) classes.push('Intercept');
  if (mean.groups.length > 0) classes.push('sd');
  if (model.groups.some(hasCorrelations)) classes.push('cor');
  if (hasGaps(family)) classes.push('delta');
  return classes.sort(byText).flatMap((name): Slot[] => {
    if (name === 'sd') return slotsOfSds(mean.groups);
    if (isSmoothClass(name)) return slotsOfSmooths(name, mean.smooths, undefined);
    if (name === 'simo') return sharesOf(mean).map((coef) => slot({ class: name, coef }));
    const whole: PriorTarget = { class: name };
    const slots = [slot(whole)];
    if (name === 'b') {
      for (const coef of slopesOf(mean)) {
        slots.push(slot({ class: name, coef }, whole));
      }
    }
    if (name === 'Intercept' || name === 'delta') {
      slots.push(...slotsOfThresholds(name, family));
    }
    if (name === 'cor') {
      const groups = model.groups.filter(hasCorrelations).map(({ group }) => group);
      for (const group of distinct(groups)) slots.push(slot({ class: name, group }, whole));
    }
    return slots;
  });
}

/** The slots of thresholds or their gaps; with thresholds by group, those of each group too. */
function slotsOfThresholds(name: PriorClass, family: Family): Slot[] {
  const whole: PriorTarget = { class: name };
  const isAlone = family.threshold === 'equidistant';
  // As in brms, the first of equidistant thresholds and their gap are the only ones of their class.
  const coefs = (count: number) =>
    Array.from({ length: isAlone ? 0 : count }, (_, k) => String(k + 1));
  if (name === 'delta') {
    return coefs(gapsOf(family)).map((coef) => slot({ class: name, coef }, whole));
  }
  return thresholdSpans(family).flatMap(({ name: group, count }): Slot[] => {
    if (group === null) return coefs(count).map((coef) => slot({ class: name, coef }, whole));
    const own: PriorTarget = { class: name, group };
    return [
      slot(own, whole),
      ...coefs(count).map((coef) => slot({ class: name, coef, group }, own, whole)),
    ];
  });
}

function slot(target: PriorTarget, ...fallback: readonly PriorTarget[]): Slot {
  return { target, chain: [target, ...fallback] };
}

function coefficientsOf(groups: Predictor['groups'], name: string): string[] {
  const terms = groups.filter(({ group }) => group === name);
  return distinct(terms.flatMap(({ coefficients }) => coefficients));
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].sort(byText);
}

/** Compares texts without regard to case first; independent of the locale. */
function byText(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  if (x !== y) return x < y ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}

/**
 * The row, with R's name of its coefficient (`I(x^2)`) replaced by brms' (`IxE2`).
 *
 * @throws WeighbridgeError `bad-argument` for a row that matches no parameter of the model; the
 *   message lists the valid targets
 */
export function requireSlot(row: PriorRow, slots: readonly Slot[], family: Family): PriorRow {
  const known = rowOfSlot(row, slots);
  if (known) return known;
  throw new WeighbridgeError(
    'bad-argument',
    `prior ${formatPrior(row)}: ${whatIsMissing(row, slots, family)}`,
  );
}

/** The same; undefined if the model has no such parameter. */
export function rowOfSlot(row: PriorRow, slots: readonly Slot[]): PriorRow | undefined {
  const renamed = row.coef === undefined ? row : { ...row, coef: coefficientName(row.coef) };
  return [row, renamed].find((one) => slots.some(({ target }) => keyOf(target) === keyOf(one)));
}

function whatIsMissing(row: PriorRow, slots: readonly Slot[], family: Family): string {
  const { class: name, coef = '', group, dpar, resp } = row;
  const predictors = present(slots.map(({ target }) => target.dpar));
  const models = present(slots.map(({ target }) => target.resp));
  if (resp !== undefined && !models.includes(resp)) {
    return `there is no formula of a predictor ${resp} with missing values${models.length === 0 ? '' : `, but of ${listed(models)}`}`;
  }
  if (dpar !== undefined && !predictors.includes(dpar)) {
    const known = predictors.length === 0 ? 'the mean alone' : `the mean and ${listed(predictors)}`;
    return `there is no linear predictor of ${dpar}, but of ${known}`;
  }
  const targets = slots
    .map(({ target }) => target)
    .filter((target) => target.dpar === dpar && target.resp === resp);
  const classes = present(targets.map((target) => target.class));
  const ofClass = targets.filter((target) => target.class === name);
  if (ofClass.length === 0) {
    const why = name === 'Intercept' ? 'the formula has no intercept, so there is' : 'there is';
    return `${why} no class ${name} in this ${nameOf(family)} regression, but ${listed(classes)}`;
  }
  const groups = present(ofClass.map((target) => target.group));
  if (group !== undefined && groups.length === 0) return `class ${name} takes no group`;
  if (group !== undefined && !groups.includes(group)) {
    return `class ${name} has no group ${group}, but ${choices(group, groups)}`;
  }
  if (name === 'sd' && group === undefined) {
    return `coef of class sd needs its group, one of ${listed(groups)}`;
  }
  if (name === 'b' && coef === 'Intercept' && classes.includes('Intercept')) {
    return 'the intercept has a class of its own, Intercept';
  }
  const inGroup = ofClass.filter((target) => target.group === group);
  const coefs = present(inGroup.map((target) => target.coef));
  if (coefs.length === 0) return `class ${name} takes no coef`;
  const where = group === undefined ? '' : ` of group ${group}`;
  return `class ${name}${where} has no coef ${coef}, but ${choices(coef, coefs)}`;
}

/** Lists the names; if there are many, also suggests the most similar one. */
function choices(name: string, names: readonly string[]): string {
  return names.length > 8 ? `${listed(names)}${didYouMean(name, names)}` : listed(names);
}

function present<T extends string>(names: readonly (T | undefined)[]): T[] {
  return [...new Set(names.filter((name) => name !== undefined))];
}
