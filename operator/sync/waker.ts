/** Lets a loop sleep until it is due, or somebody has something for it. */
export class Waker {
  readonly #signal: AbortSignal;
  #wake = Promise.withResolvers<void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.wake());
  }

  /** Also where nobody sleeps yet: then the next sleep ends at once. */
  wake(): void {
    this.#wake.resolve();
  }

  /** @param ms undefined: until it is woken. Ends at once when the signal has aborted. */
  async sleep(ms: number | undefined): Promise<void> {
    if (this.#signal.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    const due = new Promise<void>((resolve) => {
      if (ms !== undefined) timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1));
    });
    await Promise.race([this.#wake.promise, due]);
    clearTimeout(timer);
    this.#wake = Promise.withResolvers();
  }
}
