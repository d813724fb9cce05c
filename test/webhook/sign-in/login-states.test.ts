import test from "ava";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { LoginStates } from "../../../webhook/sign-in/login-states.ts";

test("a state is opened by our keys alone; nonce and verifier are another for every state and every browser", (t) => {
  const ring = (key = newKey(1)) => {
    const keys = new KeyRing([key], 0);
    return new LoginStates({ current: () => keys.current(2), find: (id) => keys.find(id) });
  };
  const states = ring();
  const pending = { organizationID: "u", settings: "s", path: "/x", createdAt: 1, restarts: 0 };
  const [one, two, other] = ["a", "a", "b"].map((browser) => states.make(browser, pending));
  const secrets = [one, two, other].flatMap((proof) => [proof?.state, proof?.nonce, proof?.codeVerifier]);
  t.is(new Set(secrets).size, 9);
  t.regex(one?.codeVerifier ?? "", /^[\w-]{43}$/, "as RFC 7636 wants it");
  const state = one?.state ?? "";
  t.deepEqual(states.open("a", state), { ...pending, proof: one });
  t.like(states.open("b", state), { path: "/x", proof: undefined });
  t.like(states.open(undefined, state), { proof: undefined });
  t.is(ring().open("a", state), undefined);
  for (const forged of [`${state.slice(0, -4)}AAAA`, state.slice(0, 30), "", ".", "x", "x.y"])
    t.is(states.open("a", forged)?.proof, undefined, forged);
});
