import { getHeapStatistics } from "node:v8";
import type { Logger } from "pino";
import { Gauge, type Registry } from "prom-client";
import { RuntimeMetrics } from "../metrics.ts";

/** What a process takes and may take, in bytes. */
export interface Memory {
  readonly resident: number;
  /** The container's limit, beyond which the kernel kills the process; undefined where there is none. */
  readonly limit: number | undefined;
  readonly heapUsed: number;
  /** Beyond it, Node ends the process. */
  readonly heapLimit: number;
}

export interface MemoryWatchOptions {
  readonly metrics: Registry;
  /** What the metrics' names begin with. */
  readonly prefix: string;
  /** What somebody has to raise, as they would write it. */
  readonly raise: string;
  readonly log: Logger;
  /** For tests. */
  readonly read?: () => Memory;
}

/** From this share on it is said: what takes this much at rest may not survive the next start, which takes more. */
const NEARLY = 0.85;

const SAMPLE_EVERY_MS = 10_000;

/** The heap holds garbage between two collections: of so many samples in a row the least is what is in use. */
const SAMPLES = 6;

/**
 * Tells that memory runs short before the process is killed for it: as a metric, and once in the log, with what there
 * are many of.
 */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  readonly #read: () => Memory;
  /** Shares of the heap that were in use, the latest last. */
  readonly #heap: number[] = [];
  #told = false;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
    this.#read = options.read ?? readMemory;
    const gauge = new Gauge({
      name: `${options.prefix}memory_used_ratio`,
      help: "Share of the memory that may be taken: of the container's limit, where there is one, and of Node's heap.",
      labelNames: ["of"],
      registers: [options.metrics],
      collect: () => {
        const { container, heap } = this.#shares(this.#read());
        if (container !== undefined) gauge.set({ of: "container" }, container);
        gauge.set({ of: "heap" }, heap);
      },
    });
  }

  /** Looks from now on, for the life of the process. */
  start(): void {
    setInterval(() => this.sample(), SAMPLE_EVERY_MS).unref();
  }

  /** Looks once. */
  sample(): void {
    const memory = this.#read();
    this.#heap.push(memory.heapUsed / memory.heapLimit);
    if (this.#heap.length > SAMPLES) this.#heap.shift();
    if (this.#told) return;
    const { container, heap } = this.#shares(memory);
    const full = this.#heap.length === SAMPLES && heap >= NEARLY;
    if (!full && (container === undefined || container < NEARLY)) return;
    this.#told = true;
    void this.#tell(memory);
  }

  #shares({ resident, limit, heapUsed, heapLimit }: Memory): { container: number | undefined; heap: number } {
    return {
      container: limit === undefined ? undefined : resident / limit,
      heap: this.#heap.length === 0 ? heapUsed / heapLimit : Math.min(...this.#heap),
    };
  }

  async #tell(memory: Memory): Promise<void> {
    const { metrics, raise, log } = this.#options;
    const { values } = await RuntimeMetrics.in(metrics).cacheObjects.get();
    const objects = Object.fromEntries(values.map(({ labels, value }) => [labels.resource, value]));
    log.warn(
      { memory, objects, raise },
      "memory is nearly used up: raise the limit before the process is killed for it",
    );
  }
}

/** What this process takes and may take now. */
function readMemory(): Memory {
  // What no limit looks like differs by the version of cgroups, but it is beyond what a machine has.
  const limit = process.constrainedMemory();
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return {
    resident: process.memoryUsage.rss(),
    limit: limit > 0 && Number.isSafeInteger(limit) ? limit : undefined,
    heapUsed: used_heap_size,
    heapLimit: heap_size_limit,
  };
}
