import { connect } from "node:net";

/** Longest wait for the end of an answer, in ms: longer than a proxy waits for the webhook. */
const PATIENCE_MS = 15_000;

export interface RawAnswer {
  /** Undefined where nothing came. */
  readonly status: number | undefined;
  /** All that came after the status line. */
  readonly rest: string;
  /** Whether the connection was still open when it was waited for long enough: that is no refusal. */
  readonly isOpen: boolean;
}

export interface RawOptions {
  readonly body?: string | undefined;
  readonly patienceMs?: number;
}

/** Sends a request's bytes as they are, which no client would send so, and takes what comes until there is no more. */
export function rawRequest(
  port: number,
  lines: readonly string[],
  { body = "", patienceMs = PATIENCE_MS }: RawOptions = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1");
    const end = (isOpen: boolean) => {
      socket.destroy();
      const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
      resolve({
        status: status === undefined ? undefined : Number(status),
        rest: text.slice(text.indexOf("\r\n")),
        isOpen,
      });
    };
    socket.setTimeout(patienceMs, () => end(true));
    socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", () => end(false));
    socket.on("error", () => end(false)); // cut off: what has come counts
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
  });
}
