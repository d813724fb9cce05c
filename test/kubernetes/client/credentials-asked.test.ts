import { readFile } from "node:fs/promises";
import test, { type ExecutionContext } from "ava";
import { ConnectionError, UnauthorizedError } from "../../../kubernetes/client/errors.ts";
import { temporaryFile } from "../api-server.ts";
import { gadgets } from "../gadgets.ts";
import { plainServer } from "../plain-server.ts";

/** A server, and who we are by a plugin that gives another token each time. */
async function withPlugin(t: ExecutionContext) {
  const asked = await temporaryFile(t, "asked", "");
  const credential = (token: string): string =>
    `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"${token}"}}`;
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "sh",
    args: ["-c", `echo >> ${asked}; echo '${credential(`'$(wc -l < ${asked})'`)}'`],
    interactiveMode: "Never",
  };
  const server = await plainServer(t, { exec });
  const connection = server.client.watchConnection();
  t.teardown(() => connection.reset(new Error("the test is over")));
  return {
    ...server,
    get: () => server.client.get(gadgets, "team/x"),
    watch: () => connection.watch(gadgets, { resourceVersion: "1", timeoutSeconds: 5 }),
    tokens: () => server.requests.splice(0).map(({ headers }) => headers.authorization),
    timesAsked: async () => (await readFile(asked, "utf8")).length,
  };
}

test("a connection that breaks is no reason to ask a plugin for another token", async (t) => {
  const { state, get, watch, timesAsked } = await withPlugin(t);
  state.answer = (_, response) => void response.destroy();
  await t.throwsAsync(get(), { instanceOf: ConnectionError });
  await t.throwsAsync(watch(), { instanceOf: ConnectionError });
  t.is(await timesAsked(), 1);
});

test("whoever is refused with another token as well is refused", async (t) => {
  for (const how of ["get", "watch"] as const) {
    const { state, tokens, timesAsked, ...ask } = await withPlugin(t);
    state.answer = () => [401, {}];
    await t.throwsAsync(ask[how](), { instanceOf: UnauthorizedError });
    t.deepEqual(tokens(), ["Bearer 1", "Bearer 2"]);
    t.is(await timesAsked(), 2);
  }
});
