/** POST /v1/chat/completions. */
import { chatCompletion, checkChat, type Mishap, questionHash, tokensAsked } from './chat.js';
import type { RequestFault } from './faults.js';
import { errorReply, jsonReply, type Reply } from './reply.js';
import { readJson } from './request-body.js';
import type { Call, Route } from './route.js';
import { pause, type Simulator } from './simulator.js';

export const chatRoutes: readonly Route[] = [
  { method: 'POST', path: '/v1/chat/completions', kind: 'chat', handle: completeChat },
];

async function completeChat(
  call: Call,
  simulator: Simulator,
  fault: RequestFault | null,
): Promise<Reply> {
  const json = await readJson(call.env.incoming);
  if (!json.ok) return json.error;
  const check = checkChat(json.value, simulator);
  if (!check.ok) return errorReply(check.status, check.error);
  const { question } = check;
  const { headers, refusal } = simulator.limiter.admit(question.mind.name, tokensAsked(question));
  if (refusal) return refusal;
  if (simulator.latencyMs > 0) await pause(simulator, simulator.latencyMs);
  const hash = questionHash(question);
  return {
    ...jsonReply(chatCompletion(question, simulator, mishapOf(fault))),
    headers,
    onDelivered: () => simulator.stats.paid(hash),
  };
}

function mishapOf(fault: RequestFault | null): Mishap {
  return fault === 'refusal' || fault === 'filter' ? fault : null;
}
