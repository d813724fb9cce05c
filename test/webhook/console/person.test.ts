import test from "ava";
import { personAt } from "../../../webhook/console/person.ts";
import { visitorOfAcme } from "../pages/a-visitor.ts";
import { usersScene } from "./users-scene.ts";

test("an admin looks at accounts of their own organization, and others are as unknown as those that there aren't", async (t) => {
  const { roster, put } = usersScene();
  put("ada");
  put("other", { organization: "acme/beta" });
  const visitor = visitorOfAcme([]);
  t.is((await personAt(roster, visitor, "ada")).email, "ada@acme.example");
  for (const name of ["other", "nobody", "", undefined, ["ada"]])
    t.like(await t.throwsAsync(personAt(roster, visitor, name)), {
      code: "user-not-found",
      status: 404,
      message: "Acme has no account of this name. It may have been deleted meanwhile.",
    });
});
