/** Whoever waited in line gave up: those before them take long. */
export class SemaphoreTimeoutError extends Error {
  readonly code = "semaphore-timeout";

  constructor() {
    super("it answers so slowly that too many requests wait for it");
  }
}

/** Lets at most so many through at once; the others wait in line, for a bounded time. */
export class Semaphore {
  readonly #max: number;
  readonly #line: (() => void)[] = [];
  #inside = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * @param maxWaitMs how long to wait in line
   * @throws SemaphoreTimeoutError after that
   */
  async run<T>(work: () => Promise<T>, maxWaitMs: number): Promise<T> {
    if (this.#inside < this.#max) this.#inside++;
    // Whoever leaves hands over the place, so that nobody who comes new can take it first.
    else await this.#inLine(maxWaitMs);
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#inside--;
    }
  }

  #inLine(maxWaitMs: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#line.splice(this.#line.indexOf(enter), 1);
        reject(new SemaphoreTimeoutError());
      }, maxWaitMs);
      this.#line.push(enter);
    });
  }
}
