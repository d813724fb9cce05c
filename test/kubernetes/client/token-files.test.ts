import test from "ava";
import { tokenFilesIn } from "../../../kubernetes/client/token-files.ts";

test("of whatever a kubeconfig may hold, users who have one have a token file", (t) => {
  const users = [
    ...[
      "3",
      "[]",
      "{name: 4, user: {tokenFile: a}}",
      "{user: {tokenFile: a}}",
      "{name: a}",
      "{name: b, user: c}",
    ],
    ...[
      "{name: c, user: {tokenFile: 5}}",
      "{name: d, user: {tokenFile: ''}}",
      "{name: e, user: {tokenFile: /f}}",
    ],
  ];
  t.deepEqual([...tokenFilesIn(`users: [${users.join(", ")}]`)], [["e", "/f"]]);
  for (const text of ["", "3", "[]", "users:", "users: 3", "users: {name: x}", "others: []"])
    t.is(tokenFilesIn(text).size, 0, text);
});
