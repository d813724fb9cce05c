import test from "ava";
import { accountsOf } from "../../../webhook/console/accounts-of.ts";
import { ACME, namesOn, usersScene } from "./users-scene.ts";

const ADA = "ada@acme.example";

test("an address has the accounts that are exactly of it, whatever its case, and of this organization", async (t) => {
  const { roster, put } = usersScene();
  put("ada");
  put("breakglass", { source: "Local", email: "ADA@acme.example" });
  put("xada");
  put("adam", { email: `${ADA}.org` });
  put("named", { name: ADA, email: "named@acme.example" });
  put("other", { email: ADA, organization: "acme/beta" });
  const found = async (email: string) => namesOn({ users: await accountsOf(email, ACME, "ann", roster) });
  t.deepEqual((await found(ADA)).sort(), ["ada", "breakglass"]);
  t.deepEqual((await found("Ada@Acme.Example")).sort(), ["ada", "breakglass"]);
  t.deepEqual(await found("acme.example"), []);
});

test("of one address ten accounts are found at the most, and no more are looked for then", async (t) => {
  const batches = [3, 7, 5].map((length) => Array.from({ length }, () => ({ email: ADA })));
  let asked = 0;
  const roster = {
    all: async function* () {
      for (const batch of batches) {
        asked++;
        yield batch as never;
      }
    },
  };
  t.is((await accountsOf(ADA, ACME, "ann", roster)).length, 10);
  t.is(asked, 2);
  batches.splice(0, 2, [...(batches[0] ?? []), ...(batches[1] ?? []), { email: ADA }]);
  t.is((await accountsOf(ADA, ACME, "ann", roster)).length, 10);
});
