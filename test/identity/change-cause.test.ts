import test from "ava";
import { changeCause, creationCause, LOCAL_ACCOUNT, noAccess } from "../../identity/index.ts";
import { account, identity } from "./an-account.ts";

test("why an account is changed is what its writer says, or what the change is", (t) => {
  const access = noAccess("IssuerChanged", "");
  const change = { access, endSessions: "stolen" };
  t.is(changeCause(account(), { ...change, cause: LOCAL_ACCOUNT }), LOCAL_ACCOUNT);
  t.is(changeCause(account(), change).reason, "IssuerChanged");
  t.like(changeCause(account(), { endSessions: "stolen" }), {
    reason: "EndRequested",
    detail: 'Somebody has asked for it on the cluster: "stolen".',
  });
  t.is(changeCause(account(), {}).reason, "ManySignOuts");
});

test("an account is made by a sign-in, or for somebody who was seen in the directory", (t) => {
  const made = { organization: "acme/acme", identity: identity(), access: noAccess("NoMappedGroup", "") };
  t.is(creationCause(made).reason, "SeenInDirectory");
  t.is(creationCause({ ...made, signedInAt: 1_000 }).reason, "SignIn");
});
