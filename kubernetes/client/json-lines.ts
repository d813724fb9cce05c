const NEWLINE = 10;

/**
 * Cuts a stream of buffers into lines and parses each as JSON: the format of a watch.
 * Bytes are copied only where a line spans several chunks.
 */
export class JsonLines {
  readonly #maxBytes: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** @param maxBytes a longer line is an error */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True while the beginning of a line waits for its end. */
  get incomplete(): boolean {
    return this.#restBytes > 0;
  }

  /** The values of the lines that this chunk completes. Throws a SyntaxError on a line that isn't JSON. */
  push(chunk: Buffer): unknown[] {
    const values: unknown[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      if (line.length > 0) values.push(JSON.parse(line.toString()));
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#restBytes += chunk.length - start;
      if (this.#restBytes > this.#maxBytes)
        throw new SyntaxError(`a line is longer than ${this.#maxBytes} bytes`);
      this.#rest.push(chunk.subarray(start));
    }
    return values;
  }

  #complete(end: Buffer): Buffer {
    if (this.#restBytes === 0) return end;
    const line = Buffer.concat([...this.#rest, end]);
    this.#rest = [];
    this.#restBytes = 0;
    return line;
  }
}
