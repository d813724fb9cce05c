import test from "ava";
import fc from "fast-check";
import { JsonLines } from "../../../kubernetes/client/json-lines.ts";

test("the lines are the same however the stream is cut", (t) => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.array(fc.nat({ max: 40 })), (values, cuts) => {
      const stream = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
      const lines = new JsonLines(1_000_000);
      const read: unknown[] = [];
      let from = 0;
      for (const length of [...cuts, stream.length]) {
        read.push(...lines.push(stream.subarray(from, from + length)));
        from += length;
      }
      t.is(JSON.stringify(read), JSON.stringify(values));
      t.false(lines.incomplete);
    }),
  );
});

test("the beginning of a line is kept until its end comes", (t) => {
  const lines = new JsonLines(100);
  t.deepEqual(lines.push(Buffer.from('{"a":')), []);
  t.true(lines.incomplete);
  t.deepEqual(lines.push(Buffer.from("1}\n[2]\n")), [{ a: 1 }, [2]]);
  t.false(lines.incomplete);
});

test("what isn't JSON is an error", (t) => {
  t.throws(() => new JsonLines(100).push(Buffer.from("<html>\n")), { instanceOf: SyntaxError });
});

test("a line that never ends is an error", (t) => {
  const lines = new JsonLines(10);
  t.throws(() => lines.push(Buffer.from('"0123456789')), { message: /longer than 10 bytes/ });
});

test("a line may have just as many bytes as are allowed, in however many pieces, and the next one as well", (t) => {
  const lines = new JsonLines(10);
  const push = (text: string) => lines.push(Buffer.from(text));
  for (let i = 0; i < 3; i++) {
    t.deepEqual(push('"01234'), []);
    t.deepEqual(push('567"'), []);
    t.true(lines.incomplete);
    t.deepEqual(push("\n"), ["01234567"]);
    t.false(lines.incomplete);
  }
  push('"0123');
  t.throws(() => push('456789"'), { instanceOf: SyntaxError, message: /longer than 10 bytes/ });
  t.deepEqual(new JsonLines(10).push(Buffer.from('"a"\n"0123456"')), ["a"]);
  t.throws(() => new JsonLines(10).push(Buffer.from('"a"\n"012345678"')), { message: /longer/ });
});

test("empty lines say nothing", (t) => {
  t.deepEqual(new JsonLines(10).push(Buffer.from("\n\n1\n\n2\n")), [1, 2]);
});
