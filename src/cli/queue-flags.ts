/** The flags of the commands that serve or show a queue. */
import { Flag, optionalFlag } from './flags.js';

export const queueFlags = {
  queue: new Flag<string>(
    '--queue <address>',
    'Redis or Valkey: redis://host:6379/0, or rediss:// for TLS; the password may be in the environment variable WEIGHBRIDGE_QUEUE_PASSWORD',
  ).makeOptionMandatory(),
  queuePrefix: optionalFlag(
    '--queue-prefix <name>',
    'first part of all keys in Redis (default: weighbridge)',
  ),
};
