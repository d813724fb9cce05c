import test from "ava";
import { identityOf, isActive, isAsStored, type User } from "../../identity/user.ts";
import { account, ISSUER, identity, local } from "./an-account.ts";

const full = account({
  email: "ada@acme.example",
  name: "Ada",
  oktaStatus: "ACTIVE",
  groupsFrom: "Directory",
});

test("a stored Okta account is the identity that was received, except that its address links nothing", (t) => {
  t.deepEqual(identityOf(full), {
    issuer: ISSUER,
    subject: "00u1",
    emailVerified: false,
    groups: [{ name: "service_admin" }],
    groupsFrom: "Directory",
    email: "ada@acme.example",
    name: "Ada",
    status: "ACTIVE",
  });
  t.deepEqual(identityOf(account()), {
    issuer: ISSUER,
    subject: "00u1",
    emailVerified: false,
    groups: [{ name: "service_admin" }],
    groupsFrom: "Claim",
  });
});

test("Okta has said nothing of a local account, nor of one without issuer or subject", (t) => {
  t.is(identityOf(local()), undefined);
  t.is(identityOf(account({ source: "Local" })), undefined, "whatever else it names");
  const { issuer: _, ...noIssuer } = account();
  const { subject: __, ...noSubject } = account();
  t.is(identityOf(noIssuer), undefined);
  t.is(identityOf(noSubject), undefined);
});

test("what Okta says is stored already only when all of it is", (t) => {
  const said = {
    ...identity("service_admin"),
    email: "ada@acme.example",
    name: "Ada",
    status: "ACTIVE",
    groupsFrom: "Directory",
  } as const;
  t.true(isAsStored(full, said));
  const others: Partial<User>[] = [
    { source: "Local" },
    { issuer: "https://other.okta.com" },
    { subject: "00u2" },
    { email: "ada@other.example" },
    { name: "Ada L." },
    { oktaStatus: "RECOVERY" },
    { groupsFrom: "Claim" },
    { groups: [{ name: "web" }] },
  ];
  for (const other of others) t.false(isAsStored({ ...full, ...other }, said), JSON.stringify(other));
});

test("an account that isn't decided on isn't active", (t) => {
  const { access: _, ...undecided } = account();
  t.false(isActive(undecided));
  t.true(isActive(account()));
});
