import type { Clock } from "./directory/clock.ts";
import type { RateLimitArea } from "./rate-limit.ts";

/** A call by a program, as whoever counts calls wants to see it. */
export interface Call {
  /** In milliseconds since 1970. */
  readonly time: number;
  readonly method: string;
  /** The path with `{id}` for every id: /api/v1/groups/{id}/users. */
  readonly endpoint: string;
  /** Path and query. */
  readonly url: string;
  /** What it is counted with, how much of the limit is used with it, and the limit. */
  readonly area: RateLimitArea;
  readonly used: number;
  readonly limit: number;
  /** Undefined while it isn't answered, or when the connection ended before. */
  status: number | undefined;
}

/** Which calls: those that have all of this. */
export interface CallFilter {
  method?: string;
  endpoint?: string;
  area?: RateLimitArea;
  /** From this time on, and before this one. */
  since?: number;
  until?: number;
}

const kept = 100_000;

/** The calls by programs, the latest 100,000. What browsers ask for isn't among them. */
export class Calls implements Iterable<Call> {
  readonly #now: Clock;
  #calls: Call[] = [];

  constructor(now: Clock) {
    this.#now = now;
  }

  add({ path, ...call }: Omit<Call, "time" | "endpoint" | "status"> & { path: string }): Call {
    const added: Call = { ...call, time: this.#now(), endpoint: endpointOf(path), status: undefined };
    this.#calls.push(added);
    if (this.#calls.length > kept) this.#calls = this.#calls.slice(kept / 10);
    return added;
  }

  count(filter: CallFilter = {}): number {
    return this.of(filter).length;
  }

  of({ method, endpoint, area, since = 0, until = Number.POSITIVE_INFINITY }: CallFilter): readonly Call[] {
    return this.#calls.filter(
      (call) =>
        (method === undefined || call.method === method) &&
        (endpoint === undefined || call.endpoint === endpoint) &&
        (area === undefined || call.area === area) &&
        call.time >= since &&
        call.time < until,
    );
  }

  /** By minute (its beginning, in milliseconds since 1970) and endpoint. */
  perMinute(): ReadonlyMap<number, ReadonlyMap<string, number>> {
    const minutes = new Map<number, Map<string, number>>();
    for (const { time, method, endpoint } of this.#calls) {
      const minute = time - (time % 60_000);
      const counts = minutes.get(minute) ?? new Map<string, number>();
      const name = `${method} ${endpoint}`;
      minutes.set(minute, counts.set(name, (counts.get(name) ?? 0) + 1));
    }
    return minutes;
  }

  clear(): void {
    this.#calls = [];
  }

  [Symbol.iterator](): Iterator<Call> {
    return this.#calls.values();
  }
}

/** In the Management API ids and names take turns, but for operations, which have names of their own. */
function endpointOf(path: string): string {
  if (!path.startsWith("/api/v1/")) return path;
  const parts = path.slice("/api/v1/".length).split("/");
  const named = parts.map((part, index) =>
    index % 2 === 1 && parts[index - 1] !== "lifecycle" ? "{id}" : part,
  );
  return `/api/v1/${named.join("/")}`;
}
