/**
 * What requests do in an outage: they wait, and one at a time goes ahead to try the server, at
 * intervals that grow from half a second to ten seconds.
 */
import { type Alarm, openAlarm } from './alarm.js';
import type { Clock } from './clock.js';
import { openWaitList } from './wait-list.js';

export interface Probing {
  begin(): void;
  /** Everything that waits goes on. */
  end(): void;
  /**
   * Resolves when this request may be sent: at once, or, in an outage, as a probe or at the end.
   * Rejects with the signal's reason.
   * @returns to be called when the attempt is over
   */
  pass(signal: AbortSignal): Promise<() => void>;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** A second one, for the first may hang. */
const MOST_PROBES = 2;

export function openProbing(clock: Clock, random: () => number): Probing {
  const waiting = openWaitList<null>(setAlarm);
  const alarm: Alarm = openAlarm(clock, sendProbe);
  let isOutage = false;
  let probes = 0;
  let wait = FIRST_WAIT_MS;
  let nextAt = 0;

  function setAlarm(): void {
    const isWanted = isOutage && waiting.size > 0;
    alarm.setFor(isWanted ? Math.max(0, nextAt - clock.now()) : Number.POSITIVE_INFINITY);
  }

  function sendProbe(): void {
    if (probes < MOST_PROBES && waiting.size > 0) waiting.admitFirst();
    schedule();
  }

  function schedule(): void {
    nextAt = clock.now() + wait * (0.5 + 0.5 * random());
    wait = Math.min(LONGEST_WAIT_MS, 2 * wait);
    setAlarm();
  }

  return {
    begin() {
      isOutage = true;
      wait = FIRST_WAIT_MS;
      schedule();
    },
    end() {
      isOutage = false;
      while (waiting.size > 0) waiting.admitFirst();
      setAlarm();
    },
    async pass(signal) {
      if (isOutage) {
        const turn = waiting.join(null, signal);
        setAlarm();
        await turn;
      }
      if (!isOutage) return () => {};
      probes++;
      return () => {
        probes--;
      };
    },
  };
}
