import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { type OrganizationSeed, readSeed, SeedError } from "./seed.ts";
import { startOkta } from "./stand-in.ts";

const help = `A stand-in for an Okta organization, for development and tests.

  node dev/okta/main.ts [--file dev/okta/acme.yaml] [--port 8090]

  --file FILE      the users, groups and apps, as YAML; without it there are none
  --port PORT      default: 0, a free one
  --host HOST      the address to listen on; default: 127.0.0.1
  --url URL        the organization's URL, where it isn't the address listened on
  --cert FILE      with --key: speaks https; PEM
  --key FILE
  --api-token TOKEN  a token for Authorization: SSWS, beside those of the file; may be given several times
  --control        serves /stand-in: misbehaviours (POST, DELETE), misdeliveries of event hooks (POST), apps (PUT),
                   settings (PATCH), calls and deliveries (GET)
  --log-level LEVEL  default: info
  --help           prints this

It prints one line of JSON when it listens: {"msg": "listening", "url": ..., "port": ...}.
`;

const { values } = parseArgs({
  options: {
    file: { type: "string" },
    port: { type: "string", default: "0" },
    host: { type: "string", default: "127.0.0.1" },
    url: { type: "string" },
    cert: { type: "string" },
    key: { type: "string" },
    "api-token": { type: "string", multiple: true, default: [] },
    control: { type: "boolean", default: false },
    "log-level": { type: "string", default: "info" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(help);
else await run();

async function run(): Promise<void> {
  const log = pino({ level: values["log-level"] });
  try {
    const seed: OrganizationSeed = values.file === undefined ? {} : await readSeed(values.file);
    const okta = await startOkta({
      ...seed,
      apiTokens: [...(seed.apiTokens ?? []), ...values["api-token"]],
      port: Number(values.port),
      host: values.host,
      control: values.control,
      ...(values.url === undefined ? {} : { url: values.url }),
      ...(values.cert !== undefined && values.key !== undefined
        ? { tls: { cert: await readFile(values.cert, "utf8"), key: await readFile(values.key, "utf8") } }
        : {}),
      log: log.child({}, { level: "warn" }),
    });
    log.info({ url: okta.url, port: Number(new URL(okta.address).port) }, "listening");
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void okta.stop());
  } catch (error) {
    log.fatal(
      { err: error },
      error instanceof SeedError ? error.message : "the Okta stand-in could not start",
    );
    process.exitCode = 1;
  }
}
