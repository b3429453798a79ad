/**
 * `weighbridge/simulator`: a server that speaks OpenAI's API, with simulated models in it. Needs Node.
 */
export { type Faults, mixedFaults } from './simulation/server/faults.js';
export {
  defaultProfile,
  type ModelProfile,
  paperProfiles,
  type ReasoningEffort,
  type RefusedParameter,
  reasoningProfile,
} from './simulation/server/profile.js';
export {
  type SimulatedServer,
  type SimulatedServerOptions,
  startSimulatedServer,
} from './simulation/server/server.js';
export type { ServerStats } from './simulation/server/stats.js';
export {
  type TrueCorrelations,
  type TrueFigures,
  trueFigures,
} from './simulation/server/true-correlations.js';
