/**
 * Creates a study: an editable folder with its configuration, decision contexts and agents.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { didYouMean, onOneLine } from '../checks/names.js';
import { writeFiles } from '../data-files/write-files.js';
import { WeighbridgeError } from '../errors.js';
import { fixturePath } from '../package-info.js';
import { LONGEST_STUDY_NAME } from '../packs/configuration/common.js';
import { type ConfigurationInput, toFileKeys } from '../packs/configuration/configuration.js';
import { parseConfiguration, studyFiles } from '../packs/configuration/read-configuration.js';
import { describedPacks } from '../packs/described/configuration.js';

interface CreateOptions {
  /** A pack of weighbridge, whose example is copied. @default 'self-interpretability' */
  readonly pack?: string;
}

export const paperPack = 'self-interpretability';

interface ShippedPack {
  readonly name: string;
  /** What its study is, in one line. */
  readonly about: string;
}

/** The packs that ship with an example, whose first sentence says what it is. */
export function shippedPacks(): ShippedPack[] {
  const exampleIn = (name: string) => fixturePath('packs', name, studyFiles.configuration);
  return [
    { name: paperPack, about: 'the paper: choices, reports and two rounds of training' },
    ...describedPacks.map((name) => ({
      name,
      about: firstSentence(readFileSync(exampleIn(name), 'utf8')),
    })),
  ];
}

/**
 * Writes the files of a study. Existing files of items in the folder are kept; otherwise those of the
 * pack are copied.
 * @param configuration values that differ from the defaults. @default the pack's commented example
 * @returns the paths written
 * @throws WeighbridgeError `bad-argument` if the folder already holds a study, or for an unknown
 * pack; `bad-configuration`
 */
export async function createStudy(
  folder: string,
  configuration?: ConfigurationInput,
  { pack = paperPack }: CreateOptions = {},
): Promise<string[]> {
  requirePack(pack);
  if (existsSync(join(folder, studyFiles.configuration))) {
    throw new WeighbridgeError(
      'bad-argument',
      `${folder} holds a study already (${studyFiles.configuration}): choose another folder`,
    );
  }
  const example = await exampleOf(pack, nameFor(folder));
  const text = configuration ? stringify(toFileKeys(configuration)) : example.configuration;
  parseConfiguration(text, studyFiles.configuration);
  const files = new Map<string, string>();
  for (const [file, content] of example.files) {
    // Existing files are the user's and are not overwritten.
    if (!existsSync(join(folder, file))) files.set(file, content);
  }
  // Written last, because a folder with a configuration counts as a study.
  files.set(studyFiles.configuration, text);
  await writeFiles(folder, files);
  return [...files.keys()].map((file) => join(folder, file));
}

/** The first sentence of the comment that a file begins with. */
function firstSentence(text: string): string {
  const [comment = ''] = /^(#.*\n)+/.exec(text) ?? [];
  const words = comment.replaceAll(/^# ?/gm, '').replaceAll('\n', ' ').trim();
  return /^.*?[.?](?= |$)/.exec(words)?.[0] ?? words;
}

function requirePack(pack: string): void {
  const names = shippedPacks().map(({ name }) => name);
  if (names.includes(pack)) return;
  throw new WeighbridgeError(
    'bad-argument',
    `there is no pack '${onOneLine(pack, 60)}'${didYouMean(pack, names)} (packs: ${names.join(', ')})`,
    { details: { option: 'pack', found: pack } },
  );
}

interface Example {
  readonly configuration: string;
  readonly files: ReadonlyMap<string, string>;
}

/** The commented example of a pack, for a study of this name. */
async function exampleOf(pack: string, study: string): Promise<Example> {
  const own = pack === paperPack ? [] : await readdir(fixturePath('packs', pack));
  const shared = ['contexts.json', 'agents.csv'];
  const text = (file: string) => readFile(fixturePath('packs', pack, file), 'utf8');
  const configuration =
    pack === paperPack
      ? configurationTemplate(study)
      : (await text(studyFiles.configuration)).replace(
          /^study: .*$/m,
          `study: ${JSON.stringify(study)}`,
        );
  const files = new Map<string, string>();
  // A generator reads both if it names none.
  const needsShared = pack === paperPack || /\bgenerator:/.test(configuration);
  for (const file of needsShared ? shared : []) {
    files.set(file, await readFile(fixturePath(file), 'utf8'));
  }
  for (const file of own) {
    if (file !== studyFiles.configuration) files.set(file, await text(file));
  }
  return { configuration, files };
}

/** The folder's name, reduced to characters allowed in model names. */
function nameFor(folder: string): string {
  const name = basename(resolve(folder)).replace(/[^A-Za-z0-9-]+/g, '-');
  return name.replace(/^-+/, '').slice(0, LONGEST_STUDY_NAME).replace(/-+$/, '') || 'study';
}

export function configurationTemplate(study: string): string {
  return `# The study of the paper. Every key may be left out and then has the value written here, except study,
# models and prices, and in server the address, the key and the limits, which are OpenAI's by default.
# Once collection has begun, contexts, counts, seeds and models (but for their prices, and trained
# models that are added) are fixed; the rest may still be changed.

# Goes into the names of the fine-tuned models; at most 18 characters.
study: ${JSON.stringify(study)}

server:
  # Any server that speaks OpenAI's API: vLLM, llama.cpp, Ollama, LM Studio, or OpenAI itself at
  # https://api.openai.com/v1. A server that is neither OpenAI's nor on this machine is to be
  # confirmed at its first run.
  base_url: http://127.0.0.1:8000/v1
  # The environment variable that holds the key, whose name ends in _API_KEY (see --help of
  # study run for others), such as OPENAI_API_KEY; null for a server that wants none. Keys go over
  # https only, except to this machine. The key itself is never written anywhere.
  key_variable: null
  # live: a request for each answer. batch: OpenAI's Batch API, at half the price, within a day.
  mode: live
  # Keep the log-probabilities of A and B with each choice, where the server gives them.
  logprobs: false
  # Requests at the same time.
  concurrency: 16
  # Both are kept below what the server allows; null for no limit. OpenAI: 500 and 200000.
  requests_per_minute: null
  tokens_per_minute: null
  timeout_seconds: 60
  # How often a request that fails while others work is tried before the run stops.
  attempts: 8
  # How long a server that fails every request is waited for before the run stops; at most 10080.
  outage_minutes: 20
  # How often fine-tuning jobs and batches are looked at.
  poll_seconds: 20

models:
  # A model with open weights, trained elsewhere on the files that \`weighbridge study stimuli\` writes
  # (docs/open-models.md). Under trained: the names by which the server serves it after each
  # training. A training that is not named is a job of the server's fine-tuning API.
  - name: Qwen/Qwen2.5-7B-Instruct
    trained:
      preferences: qwen-preferences
      introspection_first: qwen-introspection-first
      introspection_last: qwen-introspection-last
      introspection_all: qwen-introspection-all
    # Settings of the server's training jobs, if it has any.
    fine_tuning:
      epochs: 3
      learning_rate_multiplier: 2
      batch_size_preferences: 10
      batch_size_introspection: 1
    # USD per million tokens, for the plan and the budget: look them up, prices change. 0 on a
    # machine of your own. null: not known.
    prices:
      input: 0
      output: 0
      fine_tuned_input: 0
      fine_tuned_output: 0
      training: 0
  # The paper's two models, for those who can still train them by OpenAI's jobs (until 6 January
  # 2027, and only accounts that have trained before; both models end on 14 January 2027). Set
  # base_url, key_variable and the limits above, and remove the model before:
  # - name: gpt-4o-2024-08-06
  #   prices: { input: 2.5, output: 10, fine_tuned_input: 3.75, fine_tuned_output: 15, training: 25 }
  # - name: gpt-4o-mini-2024-07-18
  #   fine_tuning: { learning_rate_multiplier: 1.8 }
  #   prices: { input: 0.15, output: 0.6, fine_tuned_input: 0.3, fine_tuned_output: 1.2, training: 3 }

contexts:
  # Files in this folder: decision contexts as JSON, and agents, one a line under the header role.
  candidates: contexts.json
  agents: agents.csv
  # Contexts whose preferences are instilled by fine-tuning, and contexts left as they are.
  instilled: 100
  native: 100

# In each context:
counts:
  training_examples: 50
  validation_examples: 10
  instilled_choices: 50
  native_choices: 100
  reports: 10

# The generator is Python's; 0, 1, 2 and 6 are the paper's seeds.
seeds:
  agents: 0
  targets: 1
  training: 2
  introspection: 6
  instilled_choices: 3
  native_choices: 4
  instilled_reports: 5
  native_reports: 7

# Never passed, also with requests in flight; null for none.
budget:
  requests: null
  tokens: null
  usd: null
`;
}
