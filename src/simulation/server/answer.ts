/**
 * The simulated model as a pure function: what it says depends on the server's seed, on the model
 * and on what it is asked, and on nothing else.
 */
import { type ParsedPrompt, parsePrompt } from '../../study/prompts.js';
import { feltLogOdds, probabilityOf, reportedWeights } from './behaviour.js';
import { digestOf, normalsOf, uniformOf } from './luck.js';
import { breakingProbability, insightOf, type Mind, standingOf, type World } from './mind.js';
import { brokenReport, fenced, reportText } from './report-text.js';
import { differencesIn } from './situation.js';

export interface Message {
  readonly role: string;
  readonly content: string;
}

export interface Spoken {
  readonly text: string;
  /** Log-odds of A over B in the model's mind; null where it was not asked to choose. */
  readonly logOdds: number | null;
}

/** What a prompt without a task that it knows is answered with. */
const SMALL_TALK =
  'I am a simulated model. I can choose between two options and report how much I weighed their attributes.';

/**
 * Says something to a conversation, of which the last message of a user is the prompt.
 * @param temperature 0: the option that it feels to be the better one; above: as likely as it is felt
 */
export function answer(
  mind: Mind,
  world: World,
  conversation: readonly Message[],
  temperature: number,
): Spoken {
  const prompt = parsePrompt(lastOfUser(conversation));
  if (!prompt) return { text: SMALL_TALK, logOdds: null };
  const asked = conversation.flatMap(({ role, content }) => [role, content]);
  if (prompt.task === 'decision') {
    const luck = digestOf(world.seed, 'choice', mind.family, asked);
    return decide(mind, world, prompt, luck, temperature);
  }
  const luck = digestOf(world.seed, 'report', mind.name, asked);
  return { text: report(mind, world, prompt, luck), logOdds: null };
}

function lastOfUser(conversation: readonly Message[]): string {
  return conversation.findLast(({ role }) => role === 'user')?.content ?? '';
}

function decide(
  mind: Mind,
  world: World,
  prompt: ParsedPrompt,
  luck: string,
  temperature: number,
): Spoken {
  const { weights, scales, setting } = standingOf(mind, prompt, world);
  const sharpness = mind.profile.sharpness[setting];
  const logOdds = feltLogOdds(
    weights,
    differencesIn(prompt, scales),
    sharpness,
    uniformOf(luck, 0),
  );
  const saysA =
    temperature > 0 ? uniformOf(luck, 1) < probabilityOf(logOdds / temperature) : logOdds > 0;
  return { text: saysA ? 'A' : 'B', logOdds };
}

/** How often rules are broken in the way that is usual in this context, and not in just any. */
const HABITUAL = 0.7;

function report(mind: Mind, world: World, prompt: ParsedPrompt, luck: string): string {
  const standing = standingOf(mind, prompt, world);
  const { weights, disposition } = standing;
  const names = prompt.attributes.map(({ name }) => name);
  const slip = normalsOf(names.length, 'slip', luck);
  const values = reportedWeights(weights, insightOf(mind, standing), disposition.view, slip);
  if (uniformOf(luck, 0) < breakingProbability(mind, standing)) {
    const ofTheMoment = { way: uniformOf(luck, 2), where: uniformOf(luck, 3) };
    const manner = uniformOf(luck, 1) < HABITUAL ? disposition.habit : ofTheMoment;
    return brokenReport(names, values, manner);
  }
  const text = reportText(names, values);
  return uniformOf(luck, 1) < mind.profile.fenced ? fenced(text) : text;
}
