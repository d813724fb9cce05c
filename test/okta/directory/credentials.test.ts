import test from "ava";
import { ApiToken } from "../../../okta/directory/credentials.ts";
import { DirectoryUnauthorizedError } from "../../../okta/directory/directory-errors.ts";

test("an API token is sent as it is stored, without the line's end that a file has", async (t) => {
  for (const stored of ["00token-_~!", " 00token-_~!\r\n"])
    t.deepEqual(await new ApiToken(stored).authorize(), { authorization: "SSWS 00token-_~!" });
});

test("what can't be a token is refused, and not shown", (t) => {
  for (const odd of ["", " \n", "00 token", "00token\nx: y", "00tökén", "00token\u0007"]) {
    const error = t.throws(() => new ApiToken(odd), { instanceOf: DirectoryUnauthorizedError });
    t.false(odd.length > 2 && error.message.includes(odd), odd);
  }
});

test("a token that is refused isn't worth another try, and whoever made it is told what to do", (t) => {
  const token = new ApiToken("00token");
  t.false(token.rejected());
  t.regex(token.advice(), /make a new API token.*apiTokenRef/);
  t.regex(token.adviceOn("okta.logs.read"), /may view the System Log\.$/);
  for (const scope of ["okta.groups.read", "okta.users.read"] as const)
    t.regex(token.adviceOn(scope), /may view users and groups\.$/);
});
