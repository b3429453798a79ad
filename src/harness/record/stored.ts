/** What a record holds of a trial and its answer. */

/** The trial that was asked about, the model, and the prompt. */
export interface Asked {
  readonly stage: string;
  readonly item: number;
  readonly model: string;
  readonly prompt: string;
}

/** An accepted answer. */
export interface StoredAnswer {
  readonly item: number;
  readonly model: string;
  /** The model's text, or the text of its refusal; '' if there is none. */
  readonly text: string;
  /** By label; null if the server gave none. */
  readonly logprobs: ReadonlyMap<string, number> | null;
  /** Why the answer ended, as the server names it. */
  readonly finishReason?: string | null;
  /** With those of the reasoning. Null where the server did not count. */
  readonly completionTokens?: number | null;
  readonly reasoningTokens?: number | null;
}

export interface StageCounts {
  readonly answers: number;
  readonly failures: number;
}

/** An accepted answer with what the record knows of its attempt. */
export interface RecordedAnswer extends StoredAnswer {
  /** Which attempt it was: 1 is the first. */
  readonly attempt: number;
  /** When it arrived: ISO 8601, UTC. */
  readonly at: string;
  /** Milliseconds; 0 if it came in a batch. */
  readonly latencyMs: number;
  /** Null where the server did not count. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly reasoningTokens: number | null;
}
