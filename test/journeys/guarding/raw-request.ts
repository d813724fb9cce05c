import { connect } from "node:net";

/** Longest wait for an answer, in ms: what is refused by saying nothing is refused, too. */
const SILENCE_MS = 3_000;

export interface RawAnswer {
  /** Undefined where the connection was closed, or nothing came. */
  readonly status: number | undefined;
  /** All that came after the status line. */
  readonly rest: string;
}

/** Sends a request's bytes as they are, which no client would send so, and takes what comes until there is no more. */
export function rawRequest(port: number, lines: readonly string[], body = ""): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1");
    const end = () => {
      socket.destroy();
      const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
      resolve({
        status: status === undefined ? undefined : Number(status),
        rest: text.slice(text.indexOf("\r\n")),
      });
    };
    socket.setTimeout(SILENCE_MS, end);
    socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", end);
    socket.on("error", end); // cut off: what has come counts
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
  });
}
