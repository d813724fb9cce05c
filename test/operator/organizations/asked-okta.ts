import type { Organization } from "../../../crds/types.ts";
import { keyOf } from "../../../kubernetes/index.ts";
import type { Oidc } from "../../../okta/oidc/oidc.ts";
import { OktaChecks } from "../../../operator/organizations/okta-checks.ts";
import type { DirectoryClients } from "../../../organizations/directory-clients.ts";
import type { SecretValues } from "../../../organizations/secret-values.ts";
import { organization } from "../../organizations/organization.ts";

export const CALLBACK = "http://localhost:8080/callback/acme";
export const ACME = organization("access/acme", "acme");

export function edited(generation: number, spec: Partial<Organization["spec"]> = {}): Organization {
  return { ...ACME, metadata: { ...ACME.metadata, generation }, spec: { ...ACME.spec, ...spec } };
}

const DIRECTORY = {
  url: "https://acme.okta.com",
  provision: "OnLogin",
  pollInterval: "30s",
  fullSyncInterval: "1h",
} as const;
export const WITH_DIRECTORY = edited(1, {
  okta: { ...ACME.spec.okta, directory: DIRECTORY },
});

const HOOK = { secretRef: { name: "hook", key: "secret" } };
export const WITH_HOOK = edited(1, { okta: { ...ACME.spec.okta, eventHook: HOOK } });

/** An Okta that is down until it is up, and a Secret that may be changed. */
export function askedOkta() {
  const state = {
    now: 0,
    isDown: true,
    secret: "one" as string | Error,
    asked: 0,
    read: 0,
    /** What comes of asking about the issuer, the client and the directory, where that isn't simply well. */
    issuer: undefined as Error | Promise<void> | undefined,
    client: undefined as Error | undefined,
    directory: undefined as Error | undefined,
    clientAsked: 0,
    directoryAsked: 0,
    /** Why the event hook's secret can't be read. */
    hook: undefined as Error | undefined,
    /** Why the directory's credentials can't be read. */
    noDirectory: undefined as Error | undefined,
    isAnswering: false,
    recovered: [] as string[],
    answered: 0,
    stop: new AbortController(),
  };
  const oidc = {
    discover: async () => {
      state.asked++;
      if (state.issuer instanceof Error) throw state.issuer;
      if (state.isDown) throw new Error("down");
      await state.issuer;
    },
    checkClient: async () => {
      state.clientAsked++;
      if (state.client) throw state.client;
    },
  } as unknown as Oidc;
  const secrets = {
    read: async (_: string, { name }: { name: string }) => {
      if (name === HOOK.secretRef.name) {
        if (state.hook) throw state.hook;
        return "s3cret";
      }
      state.read++;
      if (state.secret instanceof Error) throw state.secret;
      return state.secret;
    },
  } as unknown as SecretValues;
  const directory = {
    check: async () => {
      state.directoryAsked++;
      if (state.directory) throw state.directory;
    },
  };
  let tell = (_: string): void => {};
  const checks = new OktaChecks({
    oidc,
    secrets,
    directories: {
      of: async ({ spec }: Organization) => {
        if (state.noDirectory) throw state.noDirectory;
        return spec.okta.directory && directory;
      },
    } as unknown as DirectoryClients,
    answered: (key) => {
      state.answered++;
      tell(key);
    },
    isAnswering: () => state.isAnswering,
    recovered: (key) => void state.recovered.push(key),
    signal: state.stop.signal,
    now: () => state.now,
  });
  /** What is known when everybody has answered who is asked now. @returns ms until it is worth looking again */
  const look = async (of: Organization) => {
    const answered = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const at = checks.look(of, CALLBACK);
    if (at.againMs !== undefined) return at;
    if ((await answered) !== keyOf(of)) throw new Error("another was answered");
    return checks.look(of, CALLBACK);
  };
  /** Lets time pass until Okta has been asked once more. @returns as `look` */
  const untilAsked = async (of: Organization): Promise<number> => {
    for (const { asked } = state; ; ) {
      const { againMs = 0 } = await look(of);
      if (state.asked > asked) return againMs;
      state.now += againMs;
    }
  };
  return { state, look, untilAsked, checks };
}
