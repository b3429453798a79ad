/** The paper's two tasks: choices by weights, and reports of them. */
import { differencesIn } from '../../study/context.js';
import type { ParsedPrompt } from '../../study/prompts.js';
import { feltLogOdds, reportedWeights } from './behaviour.js';
import {
  breakingProbability,
  contextState,
  insightOf,
  type SharedState,
  type SimulatedModel,
} from './model.js';
import { normalsOf, uniformOf } from './randomness.js';
import { brokenReport, fenced, reportText } from './report-text.js';

/** Log-odds of the first option over the second, as the model feels them in this prompt. */
export function choiceLogOdds(
  model: SimulatedModel,
  shared: SharedState,
  prompt: ParsedPrompt,
  luck: string,
): number {
  const { weights, scales, setting } = contextState(model, prompt, shared);
  const sharpness = model.profile.sharpness[setting];
  return feltLogOdds(weights, differencesIn(prompt, scales), sharpness, uniformOf(luck, 0));
}

/** The values that the model reports if it keeps to the format. @param luck null: its mean over repetitions */
export function reportValues(
  model: SimulatedModel,
  shared: SharedState,
  prompt: ParsedPrompt,
  luck: string | null,
): number[] {
  const state = contextState(model, prompt, shared);
  const slip = luck === null ? [] : normalsOf(prompt.attributes.length, 'slip', luck);
  return reportedWeights(state.weights, insightOf(model, state), state.disposition.view, slip);
}

/** How often a context's rule violations take its usual form instead of a random one. */
const HABITUAL = 0.7;

export function report(
  model: SimulatedModel,
  shared: SharedState,
  prompt: ParsedPrompt,
  luck: string,
  structured: boolean,
): string {
  const state = contextState(model, prompt, shared);
  const { disposition } = state;
  const names = prompt.attributes.map(({ name }) => name);
  const values = reportValues(model, shared, prompt, luck);
  if (structured) return reportText(names, values);
  if (uniformOf(luck, 0) < breakingProbability(model, state)) {
    const ofTheMoment = { way: uniformOf(luck, 2), where: uniformOf(luck, 3) };
    const manner = uniformOf(luck, 1) < HABITUAL ? disposition.habit : ofTheMoment;
    return brokenReport(names, values, manner);
  }
  const text = reportText(names, values);
  return uniformOf(luck, 1) < model.profile.fenced ? fenced(text) : text;
}
