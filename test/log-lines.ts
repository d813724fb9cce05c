import { Writable } from "node:stream";
import { type Logger, pino } from "pino";

/** A log whose lines can be looked at, parsed. */
export function logLines(): { log: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { log: pino({ level: "info" }, sink), lines };
}
