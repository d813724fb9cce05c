import test, { type ExecutionContext } from "ava";
import { Credentials } from "../../../kubernetes/client/credentials.ts";
import { replaceFile } from "../../replace-file.ts";
import { log, temporaryFile } from "../api-server.ts";
import { oneContext } from "../one-context.ts";

/** Credentials of a kubeconfig with this user, and a clock to set. */
async function credentialsOf(t: ExecutionContext, user: object) {
  const time = { now: 0 };
  const kubeconfig = await oneContext(t, { user });
  const credentials = await Credentials.load({ kubeconfig, log, now: () => time.now });
  return { credentials, time };
}

test("a rotated token file is noticed within ten seconds, before anybody is refused", async (t) => {
  const tokenFile = await temporaryFile(t, "token", "first\n");
  const user = { "auth-provider": { name: "tokenFile", config: { tokenFile } } };
  const { credentials, time } = await credentialsOf(t, user);
  t.true((await credentials.current()).headers.includes("Bearer first"));
  await replaceFile(tokenFile, "second\n");
  time.now += 9_000;
  t.true((await credentials.current()).headers.includes("Bearer first"), "it isn't read all the time");
  time.now += 1_001;
  t.true((await credentials.current()).headers.includes("Bearer second"));
});

test("who is refused while the credentials are being read for another gets those that the plugin gives now", async (t) => {
  const credential = (token: string) =>
    JSON.stringify({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token },
    });
  const file = await temporaryFile(t, "credential", credential("first"));
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "cat",
    args: [file],
    interactiveMode: "Never",
  };
  const { credentials, time } = await credentialsOf(t, { exec });
  const access = await credentials.current();
  t.true(access.headers.includes("Bearer first"));
  await replaceFile(file, credential("second"));
  time.now += 10_001;
  // A plugin's token counts until it expires, so that this reading brings the old one.
  const reading = credentials.current();
  const refreshed = await Promise.all([credentials.refresh(access), credentials.refresh(access)]);
  await reading;
  for (const { headers } of refreshed) t.true(headers.includes("Bearer second"));
});
