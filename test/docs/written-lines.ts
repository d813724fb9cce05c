import { Writable } from "node:stream";

/** The lines that something writes, as they are written. */
export async function linesOf(write: (destination: Writable) => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(...String(chunk).split("\n").filter(Boolean));
      done();
    },
  });
  await write(destination);
  return lines;
}
