import test from "ava";
import { CSV_BEGINNING, csvLine } from "../../../webhook/console/csv.ts";

test("a line has its cells in quotes, and what is in them stays as it is", (t) => {
  t.is(
    csvLine(["Ada", "a,b", 'say "so"', "", "two\nlines", "a=b", "a-b"]),
    '"Ada","a,b","say ""so""","","two\nlines","a=b","a-b"\r\n',
  );
  t.is(csvLine([]), "\r\n");
  t.deepEqual([...Buffer.from(CSV_BEGINNING)], [0xef, 0xbb, 0xbf]);
});

test("a cell that a spreadsheet would run is marked as text", (t) => {
  for (const cell of [
    ...["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x"],
    ...[" =1", "\t=1", "\r\n=1", "\u200b=1", "\u0000 =1", "   @x"],
    ...["\tx", "\rx", "\nx", "\t"],
  ])
    t.is(csvLine([cell]), `"'${cell}"\r\n`, JSON.stringify(cell));
  for (const cell of ["1", "x=1", " x", "'=1", "_=", "ada@acme.example", " ", "x\t", "x\n=1"])
    t.is(csvLine([cell]), `"${cell}"\r\n`, JSON.stringify(cell));
});
