import test from "ava";
import { Room } from "../../okta/room.ts";

/** How much somebody gets, a byte at a time. */
function most(room: Room, owner: string): number {
  const share = room.share(owner);
  for (let bytes = 0; ; bytes++) if (!share.take(1)) return bytes;
}

test("each has as much as it leaves free, so that there is some for the next", (t) => {
  const room = new Room(64);
  t.deepEqual(
    ["a", "b", "c", "d", "a"].map((owner) => most(room, owner)),
    [32, 16, 8, 4, 0],
  );
});

test("owners of one tenant have portions of their own, and leave some to others, however many they are", (t) => {
  const room = new Room(64);
  t.deepEqual(
    ["acme/a", "acme/b", "acme/c", "acme/d", "beta/a", "beta/b", "acme/a", "acme"].map((owner) =>
      most(room, owner),
    ),
    [24, 6, 1, 0, 12, 3, 0, 9],
  );
});

test("nothing is always to be had", (t) => {
  const room = new Room(64);
  t.true(room.share("acme/a").take(24));
  while (room.share("beta/b").take(1) || room.share("c").take(1));
  t.false(room.share("acme/a").take(1));
  t.true(room.share("acme/a").take(0));
});

test("what is taken together is taken or not, and given back with the share that it is of", (t) => {
  const room = new Room(64);
  {
    using one = room.share("a");
    using another = one.beside();
    t.true(one.take(20));
    t.false(another.take(13), "both are the same owner's");
    t.true(another.take(12));
    t.false(one.take(1));
  }
  t.true(room.share("a").take(32));
  t.false(room.share("b").take(17));
});
