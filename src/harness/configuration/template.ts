/**
 * The commented configuration that `study init` writes: the paper's study at its full size.
 */
export function configurationTemplate(study: string): string {
  return `# A weighbridge study. Every key may be left out and then has the value written here, except
# study, models and prices. Once collection has begun, contexts, counts, seeds and models (but for
# their prices) are fixed; the rest may still be changed.

# Goes into the names of the fine-tuned models; at most 18 characters.
study: ${JSON.stringify(study)}

server:
  # OpenAI, or any server that speaks its API (vLLM, llama.cpp, Ollama, LM Studio):
  # http://127.0.0.1:8000/v1, for instance. A server that is neither OpenAI's nor on this machine is
  # to be confirmed at its first run.
  base_url: https://api.openai.com/v1
  # The environment variable that holds the key, whose name ends in _API_KEY (see --help of
  # study run for others); null for a server that wants none. Keys go over https only, except to
  # this machine.
  # The key itself is never written anywhere.
  key_variable: OPENAI_API_KEY
  # live: a request for each answer. batch: OpenAI's Batch API, at half the price, within a day.
  mode: live
  # Keep the log-probabilities of A and B with each choice, where the server gives them.
  logprobs: false
  # Requests at the same time.
  concurrency: 16
  # Both are kept below what the server allows; null for no limit.
  requests_per_minute: 500
  tokens_per_minute: 200000
  timeout_seconds: 60
  # How often a request that fails while others work is tried before the run stops.
  attempts: 8
  # How long a server that fails every request is waited for before the run stops; at most 10080.
  outage_minutes: 20
  # How often fine-tuning jobs and batches are looked at.
  poll_seconds: 20

models:
  - name: gpt-4o-2024-08-06
    fine_tuning:
      epochs: 3
      learning_rate_multiplier: 2
      batch_size_preferences: 10
      batch_size_introspection: 1
    # Models that you have trained elsewhere; a training named here is not done again:
    # preferences, introspection_first, introspection_last, introspection_all.
    trained: {}
    # USD per million tokens, for the plan and the budget: look them up, prices change.
    # null: not known.
    prices:
      input: 2.5
      output: 10
      fine_tuned_input: 3.75
      fine_tuned_output: 15
      training: 25
  - name: gpt-4o-mini-2024-07-18
    fine_tuning:
      learning_rate_multiplier: 1.8
    prices:
      input: 0.15
      output: 0.6
      fine_tuned_input: 0.3
      fine_tuned_output: 1.2
      training: 3

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
