/**
 * Templates of prompts, in Liquid: `{{ field }}`, `{% if %}`, `{% for %}`. A template reads the fields
 * of an item and nothing else: it runs no code, and includes no file.
 */
import { Liquid, type Template } from 'liquidjs';
import { didYouMean, onOneLine } from '../../checks/names.js';
import { WeighbridgeError } from '../../errors.js';

/** Fields by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** Where a template stands in the configuration. */
interface TemplatePlace {
  /** `study.yaml, line 12`. */
  readonly place: string;
  /** `tasks.rate.prompt`. */
  readonly key: string;
}

const noFiles = {
  readFile: () => Promise.reject(new Error('templates include no files')),
  readFileSync: () => {
    throw new Error('templates include no files');
  },
  exists: () => Promise.resolve(false),
  existsSync: () => false,
  contains: () => Promise.resolve(false),
  containsSync: () => false,
  resolve: (_: string, file: string) => file,
};

/** A template that loops over loops must end; an ordinary prompt takes a millisecond. */
const LONGEST_MS = 1000;

const liquid = new Liquid({
  // An empty cell of a CSV file counts as false.
  jsTruthy: true,
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  lenientIf: true,
  relativeReference: false,
  fs: noFiles,
  renderLimit: LONGEST_MS,
  memoryLimit: 1e8,
});

// A prompt must be the same whenever it is rendered.
for (const name of Object.keys(liquid.filters)) {
  if (name.startsWith('date') || name === 'sample') delete liquid.filters[name];
}

export class PromptTemplate {
  private readonly template: Template[];

  /** @throws WeighbridgeError `bad-configuration` for a template that cannot be parsed */
  constructor(
    text: string,
    private readonly at: TemplatePlace,
  ) {
    try {
      this.template = liquid.parse(text);
    } catch (cause) {
      throw this.error(detailOf(cause), cause);
    }
  }

  /** @throws WeighbridgeError `bad-configuration` for a field that the item does not have */
  render(fields: Fields, item: string): string {
    try {
      return liquid.renderSync(this.template, { ...fields }).trim();
    } catch (cause) {
      const unknown = undefinedVariable(cause);
      if (unknown === null)
        throw this.error(`${detailOf(cause)} (item '${onOneLine(item)}')`, cause);
      const known = Object.keys(fields);
      throw this.error(
        `unknown field '${unknown}' for item '${onOneLine(item)}'${didYouMean(unknown, known)}`,
        cause,
      );
    }
  }

  private error(what: string, cause: unknown): WeighbridgeError {
    const { place, key } = this.at;
    return new WeighbridgeError('bad-configuration', `${place}: ${key}: ${what}`, { cause });
  }
}

/** Name of the variable that a template misses; null for any other error. */
function undefinedVariable(error: unknown): string | null {
  const chain = error instanceof Error && 'originalError' in error ? error.originalError : error;
  for (const one of [error, chain]) {
    if (one instanceof Error && 'variableName' in one) return String(one.variableName);
  }
  return null;
}

/** The first line of the engine's message, without its excerpt of the template. */
function detailOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return onOneLine(message.split('\n')[0] ?? message, 300);
}
