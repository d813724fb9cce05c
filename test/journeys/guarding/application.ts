import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";

/** A request as an application behind a proxy gets it. */
export interface Received {
  readonly method: string;
  readonly url: string;
  /** By name in small letters, with each value that came. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /**
   * By name as CGI, WSGI and PHP make it, with each value that came under any name that becomes this one. What isn't a
   * letter or digit becomes an underscore, which is the most that any of them does.
   */
  readonly folded: Readonly<Record<string, readonly string[]>>;
}

export interface Application {
  readonly port: number;
  /** All that have reached it. */
  readonly requests: readonly Received[];
}

/**
 * An application that answers with what it got, as JSON, and with 200 or what the path says after /answer. It takes
 * WebSockets as well, and says there what it got.
 */
export async function startApplication(t: ExecutionContext): Promise<Application> {
  const requests: Received[] = [];
  const server = createServer((req, res) => {
    requests.push(received(req));
    const [, status = "200"] = /^\/answer\/(\d+)/.exec(req.url ?? "") ?? [];
    res.statusCode = Number(status);
    res.setHeader("Content-Type", "application/json");
    res.end(JSON.stringify(received(req)));
  });
  server.on("upgrade", (req, socket) => {
    requests.push(received(req));
    const key = `${req.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`; // RFC 6455, 1.3
    const accept = createHash("sha1").update(key).digest("base64");
    const hello = `${JSON.stringify(received(req))}\n`;
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n${hello}`,
    );
    socket.on("data", (chunk) => socket.write(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("end", () => socket.end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

function received({
  method = "",
  url = "",
  rawHeaders,
}: {
  method?: string | undefined;
  url?: string | undefined;
  rawHeaders: readonly string[];
}): Received {
  const headers: Record<string, string[]> = {};
  const folded: Record<string, string[]> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? "";
    const value = rawHeaders[i + 1] ?? "";
    headers[name] = [...(headers[name] ?? []), value];
    const variable = `HTTP_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
    folded[variable] = [...(folded[variable] ?? []), value];
  }
  return { method, url, headers, folded };
}
