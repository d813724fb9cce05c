import test from "ava";
import {
  ApiError,
  type Client,
  ConnectionError,
  type Draft,
  ForbiddenError,
  type KubernetesObject,
} from "../../../kubernetes/index.ts";
import { CannotSayError, UnknownCallerError } from "../../../webhook/api/refusals.ts";
import { ServiceAccountCallers } from "../../../webhook/api/service-account-callers.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";
import { refusal } from "./refused.ts";

const { pass } = fakeClock(test);

/** An address that they come from. */
const HERE = "192.0.2.1";
const AUDIENCE = "https://login.example.com/api/v1";

/** A token as a service account has it; another of the same with another number. */
function tokenOf(name: string, number = 1): string {
  const claims = {
    aud: [AUDIENCE],
    exp: 4_000_000_000,
    sub: `system:serviceaccount:team:${name}`,
    jti: number,
  };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.AAAA`;
}

interface Review {
  readonly token?: string;
  readonly user?: string;
  readonly resourceAttributes?: { readonly verb: string; readonly namespace: string; readonly name?: string };
}

/** Callers, and reviews of the API server that end as the test says. */
class Scene {
  /** What was asked, in short. */
  readonly asked: string[] = [];
  signature: "signed" | "unknown" | "forged" = "signed";
  /** Waited for before a review is answered. */
  until: Promise<void> = Promise.resolve();
  failure: Error | undefined;
  rights = ["list team", "get team acme-ada"];
  /** Whom the API server takes all tokens for. */
  username: string | undefined;
  readonly callers: ServiceAccountCallers;

  constructor() {
    const client: Pick<Client, "create"> = {
      create: async <T extends KubernetesObject>({ plural }: { plural: string }, draft: Draft<T>) => {
        const { spec } = draft as unknown as { spec: Review };
        const status = plural === "tokenreviews" ? this.#token(spec) : this.#right(spec);
        await this.until;
        if (this.failure) throw this.failure;
        return { ...draft, status } as unknown as T;
      },
    };
    this.callers = new ServiceAccountCallers({
      client,
      keys: { verify: async () => this.signature },
      audience: AUDIENCE,
    });
  }

  #token({ token = "" }: Review): object {
    const { sub } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    const username = this.username ?? sub;
    this.asked.push(`whose ${sub.split(":").at(-1)}`);
    return { authenticated: username !== "", audiences: [AUDIENCE], user: { username } };
  }

  #right({
    user,
    resourceAttributes: { verb, namespace, name } = { verb: "", namespace: "" },
  }: Review): object {
    const right = [verb, namespace, ...(name ? [name] : [])].join(" ");
    this.asked.push(`may ${user?.split(":").at(-1)} ${right}`);
    return { allowed: this.rights.includes(right) };
  }
}

test.serial("a program is known by its token, and reads what its service account may read", async (t) => {
  const { callers, asked } = new Scene();
  const caller = await callers.of(tokenOf("reports"), HERE);
  t.like(caller, {
    kind: "service-account",
    name: "service account team/reports",
    serviceAccount: { namespace: "team", name: "reports" },
  });
  t.deepEqual(
    [
      await caller.mayList("team"),
      await caller.mayList("other"),
      await caller.mayGet("team", "acme-ada"),
      await caller.mayGet("team", "acme-ben"),
    ],
    [true, false, true, false],
  );
  t.deepEqual(asked, [
    "whose reports",
    "may reports list team",
    "may reports list other",
    "may reports get team acme-ada",
    "may reports get team acme-ben",
  ]);
});

test.serial("what the API server has said counts for three seconds, for that token alone", async (t) => {
  const scene = new Scene();
  const read = async (token: string) => (await scene.callers.of(token, HERE)).mayList("team");
  t.deepEqual(await Promise.all([read(tokenOf("a")), read(tokenOf("a"))]), [true, true]);
  await pass(2_900);
  scene.rights = [];
  t.true(await read(tokenOf("a")));
  t.deepEqual(scene.asked, ["whose a", "may a list team"]);
  t.false(await read(tokenOf("a", 2)));
  t.deepEqual(scene.asked.splice(0), ["whose a", "may a list team", "whose a", "may a list team"]);
  await pass(200);
  t.false(await read(tokenOf("a")));
  t.deepEqual(scene.asked, ["whose a", "may a list team"]);
});

test.serial(
  "what isn't a service account's token for this is refused, as a rule without asking anybody",
  async (t) => {
    const scene = new Scene();
    const refused = async (token: string, code: string, said: RegExp) => {
      const error = await t.throwsAsync(scene.callers.of(token, HERE), { instanceOf: UnknownCallerError });
      t.is(error?.code, code);
      t.regex(error?.message ?? "", said);
      t.regex(error?.headers["WWW-Authenticate"] ?? "", /error="invalid_token"/);
    };
    const notValid = [
      "token-not-valid",
      /audience than https:\/\/login\.example\.com\/api\/v1\. Make one/,
    ] as const;
    await refused("hello", ...notValid);
    const person = tokenOf("a").replace(/\..*\./, (claims) => {
      const text = Buffer.from(claims, "base64url").toString().replace("system:serviceaccount:team:a", "ada");
      return `.${Buffer.from(text).toString("base64url")}.`;
    });
    await refused(person, "token-not-a-service-account", /no others are accepted/);
    scene.signature = "forged";
    await refused(tokenOf("a"), ...notValid);
    t.deepEqual(scene.asked, []);
    scene.signature = "unknown";
    scene.username = "";
    await refused(tokenOf("a"), ...notValid);
    scene.username = "ada";
    await refused(tokenOf("b"), "token-not-a-service-account", /no others are accepted/);
    t.deepEqual(scene.asked, ["whose a", "whose b"]);
  },
);

test.serial(
  "where the API server can't be asked nobody can say, and the next request asks again",
  async (t) => {
    const scene = new Scene();
    const forbidden = new ForbiddenError("no", { status: 403, reason: "Forbidden" });
    const caller = await scene.callers.of(tokenOf("known"), HERE);
    const failures: [failure: Error, ofToken: RegExp, ofRight: RegExp, retryAfterS: number][] = [
      [
        forbidden,
        /^503 reviews-forbidden: .*create tokenreviews.*: rbac\.tokenReviews/,
        /subjectaccessreviews.*rbac\.accessReviews/,
        60,
      ],
      [
        new ConnectionError("no", { sent: false }),
        /^503 kubernetes-unavailable: /,
        /^503 kubernetes-unavailable: /,
        5,
      ],
      [
        new ApiError("no", { status: 500, reason: "" }),
        /^503 kubernetes-unavailable: /,
        /^503 kubernetes-unavailable: /,
        5,
      ],
    ];
    for (const [failure, ofToken, ofRight, retryAfterS] of failures) {
      scene.failure = failure;
      t.regex(await refusal(scene.callers.of(tokenOf("a"), HERE)), ofToken);
      t.regex(await refusal(caller.mayList("team")), ofRight);
      const error = await t.throwsAsync(scene.callers.of(tokenOf("a"), HERE), { instanceOf: CannotSayError });
      t.is(error?.cause, failure);
      t.is(error?.retryAfterS, retryAfterS);
    }
    const mistake = new TypeError("a mistake");
    scene.failure = mistake;
    t.is(await t.throwsAsync(scene.callers.of(tokenOf("a"), HERE)), mistake);
    scene.failure = undefined;
    t.is(await refusal(scene.callers.of(tokenOf("a"), HERE)), "none");
    t.true(await caller.mayList("team"));
  },
);

test.serial("an answer that fails late doesn't take away what was asked since", async (t) => {
  const scene = new Scene();
  const going = Promise.withResolvers<void>();
  scene.until = going.promise;
  const first = refusal(scene.callers.of(tokenOf("a"), HERE));
  await pass(3_100);
  scene.until = Promise.resolve();
  t.is(await refusal(scene.callers.of(tokenOf("a"), HERE)), "none");
  scene.failure = new ConnectionError("no", { sent: true });
  going.resolve();
  t.regex(await first, /^503 kubernetes-unavailable/);
  t.is(await refusal(scene.callers.of(tokenOf("a"), HERE)), "none");
  t.is(scene.asked.length, 2);
});

test.serial(
  "of one service account four reviews are under way at once and a hundred wait, for five seconds",
  async (t) => {
    const scene = new Scene();
    const going = Promise.withResolvers<void>();
    scene.until = going.promise;
    const ask = (name: string, number: number) => refusal(scene.callers.of(tokenOf(name, number), HERE));
    const asking = Array.from({ length: 105 }, (_, number) => ask("a", number));
    t.regex(
      (await asking.at(-1)) ?? "",
      /^503 busy: Too many requests of this service account/,
      "there is no room for it",
    );
    t.is(scene.asked.length, 4);
    const another = ask("b", 1);
    scene.signature = "unknown";
    const unsigned = ask("a", 1_000);
    await pass(100);
    t.deepEqual(
      scene.asked.slice(4),
      ["whose b", "whose a"],
      "neither another's, nor of what looks like its token",
    );
    await pass(5_000);
    t.regex((await asking[50]) ?? "", /^503 busy: /);
    going.resolve();
    t.deepEqual(await Promise.all([another, unsigned, ...asking.slice(0, 4)]), Array(6).fill("none"));
  },
);

/** A scene whose tokens may be anybody's, and the API server takes none of them for anybody's. */
function strangers() {
  const scene = new Scene();
  scene.signature = "unknown";
  scene.username = "";
  let made = 0;
  /** A token in a name that nobody has used before. */
  const stranger = (address: string) => {
    made++;
    return refusal(scene.callers.of(tokenOf(`n${made}`), address));
  };
  return { scene, stranger };
}

test.serial(
  "of all tokens that no known key has signed two are asked about at once, whatever names they bear, and one of an address",
  async (t) => {
    const { scene, stranger } = strangers();
    const going = Promise.withResolvers<void>();
    scene.until = going.promise;
    const flood = Array.from({ length: 40 }, () => stranger(HERE));
    await pass(100);
    t.is(scene.asked.length, 1);
    t.regex((await flood.at(-1)) ?? "", /^503 busy: Too many tokens wait here that no known key/);
    const second = stranger("192.0.2.2");
    const third = stranger("192.0.2.3");
    await pass(100);
    t.is(scene.asked.length, 2);
    scene.signature = "signed";
    scene.username = undefined;
    const honest = refusal(scene.callers.of(tokenOf("honest"), HERE));
    await pass(100);
    t.is(scene.asked.length, 3, "whoever is known to be true waits for none of them");
    going.resolve();
    t.is(await honest, "none");
    t.regex(await second, /^401 token-not-valid/);
    t.deepEqual([await third, await flood[25]], ["none", "none"], "each has its turn");
  },
);

test.serial(
  "after thirty tokens of an address that weren't accepted no more of it are asked about for a minute; other addresses are, and what is signed",
  async (t) => {
    const { scene, stranger } = strangers();
    for (let i = 0; i < 30; i++) t.regex(await stranger(HERE), /^401 token-not-valid/);
    for (let i = 0; i < 30; i++) t.regex(await stranger(HERE), /^429 rate-limited: .*30 weren't accepted/);
    t.is(scene.asked.length, 30);
    t.regex(await stranger("192.0.2.2"), /^401 /);
    scene.username = undefined;
    scene.signature = "signed";
    t.is(await refusal(scene.callers.of(tokenOf("honest"), HERE)), "none");
    scene.signature = "unknown";
    scene.username = "";
    await pass(60_000, 10_000);
    t.regex(await stranger(HERE), /^401 /);
  },
);

test.serial(
  "where no key is known, who is accepted doesn't count as a stranger, and is asked about past them from then on",
  async (t) => {
    const { scene, stranger } = strangers();
    scene.username = undefined;
    for (let i = 0; i < 40; i++) t.is(await stranger(HERE), "none");
    const ask = () => refusal(scene.callers.of(tokenOf("honest"), HERE));
    t.is(await ask(), "none");
    scene.username = "";
    for (let i = 0; i < 40; i++) await stranger(HERE);
    t.regex(await stranger(HERE), /^429 /);
    scene.username = undefined;
    await pass(3_100);
    const before = scene.asked.length;
    t.is(await ask(), "none");
    t.is(scene.asked.length, before + 1, "what was said of it has been asked again");
  },
);
