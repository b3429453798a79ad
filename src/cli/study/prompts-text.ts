/** Requests as text: the settings, then each message. */
import pc from 'picocolors';
import { printable } from '../../harness/client/sanitize.js';
import type { SamplePrompt } from '../../harness/sample-prompts.js';

export function promptsText(samples: readonly SamplePrompt[]): string {
  if (samples.length === 0) return '';
  return ['One prompt of each task, as a run sends it:', ...samples.map(promptText)].join('\n\n');
}

function promptText({ task, stage, item, without, body }: SamplePrompt): string {
  const { model, messages, ...settings } = body;
  const lines = [
    pc.bold(printable(`task ${task}, stage ${stage}, item ${item}`)),
    ...(without.length > 0
      ? [`(without the answers of ${without.join(', ')}, which come first)`]
      : []),
    `model: ${model}`,
    ...Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...messages.flatMap(({ role, content }) => [`${role}:`, indented(String(content ?? ''))]),
  ];
  return lines.map((line, i) => (i === 0 ? line : printable(line))).join('\n');
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');
}
