import type { Organization } from "../../crds/types.ts";
import { type BackoffOptions, backoff, keyOf } from "../../kubernetes/index.ts";
import type { Oidc } from "../../okta/oidc/oidc.ts";
import { onBehalfOf } from "../../okta/owner.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";
import type { SecretValues } from "../../organizations/secret-values.ts";
import { NamespaceTurns } from "../namespace-turns.ts";
import { knownCondition, PATIENCE_MS } from "../progress.ts";
import {
  type KnownCredentials,
  type OktaCredentials,
  readCredentials,
  sameCredentials,
  toRemember,
} from "./okta-credentials.ts";
import { askClient, askDirectory, askIssuer } from "./okta-questions.ts";
import {
  type CredentialsCheck,
  type DirectoryCheck,
  type HookCheck,
  type IssuerCheck,
  isOpen,
  type OktaVerdicts,
} from "./okta-verdicts.ts";

/** What is known of one organization's Okta. */
export interface Looked extends OktaVerdicts {
  readonly eventHook: HookCheck;
  /** ms until it is worth looking again; undefined while Okta is being asked, of whose answer `answered` tells. */
  readonly againMs?: number;
  /** ms that the first answer is still waited for, before it is worth saying that it is. */
  readonly patienceMs?: number;
}

/** Okta doesn't call: what holds is asked about again after this time. */
const ASK_AGAIN_MS = 60_000;
/** What doesn't hold is asked about again sooner, since somebody may be waiting for it, and then ever later. */
const AFTER_FAILURE: BackoffOptions = { baseMs: 10_000, maxMs: 5 * 60_000 };
/** Secrets aren't watched: they are read again after this time, and where one of them is what's wrong, sooner. */
const READ_AGAIN_MS = 60_000;
const READ_WRONG_AGAIN_MS = 10_000;
/** How long an accepted client isn't asked about again while nothing changes: each question shows in Okta's log. */
const ACCEPTED_FOR_MS = 30 * 60_000;
/** Organizations of one namespace whose Secrets are read at once, and about which Okta is asked at once. */
const READING = { atOnce: 4 };
const ASKING = { atOnce: 64, inVainAtOnce: 16 };

interface Known {
  /** What of the organization it depends on. */
  readonly spec: string;
  generation: number | undefined;
  /** As they were when they were last read. */
  credentials?: KnownCredentials;
  /** What Okta said last, to these. */
  verdicts?: OktaVerdicts;
  /** When it accepted the client. */
  acceptedAt?: number;
  /** Answers in a row by which something didn't hold. */
  failures: number;
  /** When the Secrets are read again, and when Okta is asked again. */
  lookAt: number;
  askAt: number;
  /** Since when Okta is being asked. */
  asking?: number;
}

/**
 * Asks Okta whether what an Organization says about it holds, and remembers the answer by what was asked, so that an
 * organization can be reconciled as often as it or its users change. Nobody waits for an answer: `answered` tells of it.
 */
export class OktaChecks {
  readonly #oidc: Pick<Oidc, "discover" | "checkClient">;
  readonly #secrets: SecretValues;
  readonly #directories: DirectoryClients;
  readonly #answered: (organization: string) => void;
  readonly #recovered: (organization: string) => void;
  readonly #isAnswering: (organization: string, withinMs: number) => boolean;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #reading = new NamespaceTurns(READING);
  readonly #asking = new NamespaceTurns(ASKING);
  readonly #known = new Map<string, Known>();

  constructor(deps: {
    oidc: Pick<Oidc, "discover" | "checkClient">;
    secrets: SecretValues;
    directories: DirectoryClients;
    /** Told whenever there is something new to look at. */
    answered: (organization: string) => void;
    /** Told when a directory can be read that couldn't before. */
    recovered: (organization: string) => void;
    /** Whether an organization's directory has answered within this time, ms: then it isn't asked whether it does. */
    isAnswering: (organization: string, withinMs: number) => boolean;
    /** Nobody is asked any more when it has aborted. */
    signal: AbortSignal;
    /** A clock that never goes back, ms */
    now?: () => number;
  }) {
    this.#oidc = deps.oidc;
    this.#secrets = deps.secrets;
    this.#directories = deps.directories;
    this.#answered = deps.answered;
    this.#recovered = deps.recovered;
    this.#isAnswering = deps.isAnswering;
    this.#signal = deps.signal;
    this.#now = deps.now ?? (() => performance.now());
  }

  /** What holds of this organization as far as it is known by now. */
  look(organization: Organization, callbackURI: string): Looked {
    const known = this.#knownOf(organization, callbackURI);
    const now = this.#now();
    if (known.asking === undefined && now >= known.lookAt) {
      known.asking = now;
      void this.#look(known, organization, callbackURI);
    }
    const verdicts = {
      ...(known.verdicts ?? withoutAnswer(organization, known.credentials)),
      eventHook: known.credentials?.eventHook ?? ({ kind: "checking" } as const),
    };
    if (known.asking === undefined) return { ...verdicts, againMs: Math.max(0, known.lookAt - now) };
    return {
      ...verdicts,
      patienceMs: known.verdicts ? 0 : Math.max(0, known.asking + PATIENCE_MS - now),
    };
  }

  forget(organization: string): void {
    this.#known.delete(organization);
  }

  #knownOf(organization: Organization, callbackURI: string): Known {
    const key = keyOf(organization);
    const { uid, generation } = organization.metadata;
    const spec = JSON.stringify([uid, organization.spec.okta, callbackURI]);
    const known = this.#known.get(key);
    if (known?.spec !== spec) {
      // What another leader has asked in vain isn't asked as if it were new.
      const failures = known === undefined && isUnreachable(organization) ? 1 : 0;
      const unknown: Known = { spec, generation, failures, lookAt: 0, askAt: 0 };
      this.#known.set(key, unknown);
      return unknown;
    }
    // Whoever edits what doesn't hold wants to know now, whatever they have edited.
    if (known.generation !== generation && known.failures > 0)
      Object.assign(known, { failures: 0, lookAt: 0, askAt: 0 });
    known.generation = generation;
    return known;
  }

  /** Reads the Secrets, and asks Okta where that is due. Never throws. */
  async #look(known: Known, organization: Organization, callbackURI: string): Promise<void> {
    const { namespace = "" } = organization.metadata;
    const key = keyOf(organization);
    const isWanted = () => !this.#signal.aborted && this.#known.get(key) === known;
    const isInVain = () => ({ inVain: known.failures > 0 });
    let credentials: OktaCredentials | undefined;
    const read = async (): Promise<void> => {
      if (isWanted()) credentials = await this.#readSecrets(known, organization);
    };
    const ask = async (): Promise<void> => {
      if (isWanted() && credentials) await this.#ask(known, organization, credentials, callbackURI);
    };
    await this.#reading.run(namespace, read, isInVain());
    const before = known.verdicts?.directory;
    if (this.#now() >= known.askAt) await this.#asking.run(namespace, () => onBehalfOf(key, ask), isInVain());
    delete known.asking;
    if (!isWanted()) return;
    const wrong = isCredentialsFault(known.verdicts) || isMissing(known.credentials?.eventHook);
    known.lookAt = Math.min(known.askAt, this.#now() + (wrong ? READ_WRONG_AGAIN_MS : READ_AGAIN_MS));
    const wasDown = before?.kind === "failed" || before?.kind === "unreadable";
    if (wasDown && known.verdicts?.directory.kind === "reachable") this.#recovered(key);
    this.#answered(key);
  }

  async #readSecrets(known: Known, organization: Organization): Promise<OktaCredentials> {
    const sources = { secrets: this.#secrets, directories: this.#directories };
    const credentials = await readCredentials(organization, sources);
    const now = toRemember(credentials);
    if (known.credentials && !sameCredentials(now, known.credentials)) {
      Object.assign(known, { failures: 0, askAt: 0 });
      delete known.acceptedAt;
    }
    known.credentials = now;
    return credentials;
  }

  async #ask(
    known: Known,
    organization: Organization,
    { client, directory }: OktaCredentials,
    callbackURI: string,
  ): Promise<void> {
    const isAnswering = this.#isAnswering(keyOf(organization), ASK_AGAIN_MS);
    const [issuer, reachable] = await Promise.all([
      askIssuer(this.#oidc, organization.spec.okta.issuer),
      directory.kind !== "read"
        ? directory
        : isAnswering
          ? ({ kind: "reachable" } as const)
          : askDirectory(directory.directory),
    ]);
    const credentials =
      client.kind === "read"
        ? await this.#client(known, organization, { issuer, client }, callbackURI)
        : client;
    // What can't be told now doesn't take back what was told.
    const last = known.verdicts;
    known.verdicts = {
      issuer: isOpen(issuer) && last ? last.issuer : issuer,
      credentials:
        isOpen(credentials) && last && isAccepted(last.credentials) ? last.credentials : credentials,
      directory: isOpen(reachable) && last ? last.directory : reachable,
    };
    const holds = issuer.kind === "discovered" && isRead(reachable) && isAccepted(credentials);
    const untold = isOpen(issuer) || isOpen(reachable) || isOpen(credentials);
    known.failures = holds || untold ? 0 : known.failures + 1;
    known.askAt = this.#now() + (holds ? ASK_AGAIN_MS : backoff(Math.max(1, known.failures), AFTER_FAILURE));
  }

  /** Whether Okta takes the client. Without a good issuer, it can't be asked. */
  async #client(
    known: Known,
    organization: Organization,
    { issuer, client }: { issuer: IssuerCheck; client: Extract<OktaCredentials["client"], { kind: "read" }> },
    callbackURI: string,
  ): Promise<CredentialsCheck> {
    const { authentication } = client;
    const found = { kind: "resolved", by: authentication.kind } as const;
    if (issuer.kind === "unread")
      return { ...found, accepted: false, note: "Okta could not be asked about it yet.", isOpen: true };
    if (issuer.kind !== "discovered")
      return { ...found, accepted: false, note: "Okta will be asked about it once the issuer is right." };
    if (known.acceptedAt !== undefined && this.#now() - known.acceptedAt < ACCEPTED_FOR_MS)
      return { ...found, accepted: true };
    const credentials = await askClient(this.#oidc, organization, authentication, callbackURI);
    if (isAccepted(credentials)) known.acceptedAt = this.#now();
    else delete known.acceptedAt;
    return credentials;
  }
}

/** What can be said while Okta has yet to answer: a Secret that can't be used, and that there is no directory. */
function withoutAnswer({ spec }: Organization, credentials: KnownCredentials | undefined): OktaVerdicts {
  const checking = { kind: "checking" } as const;
  const client = credentials?.client;
  const directory = credentials?.directory;
  return {
    issuer: checking,
    credentials: client === undefined || typeof client === "string" ? checking : client,
    directory:
      spec.okta.directory === undefined
        ? { kind: "none" }
        : directory && directory.kind !== "read"
          ? directory
          : checking,
  };
}

function isUnreachable(organization: Organization): boolean {
  return ["IssuerDiscovered", "DirectoryReachable"].some(
    (type) => knownCondition(organization, type)?.status === "False",
  );
}

function isRead({ kind }: DirectoryCheck): boolean {
  return kind === "none" || kind === "reachable";
}

function isAccepted(check: CredentialsCheck): boolean {
  return check.kind === "resolved" && check.accepted;
}

function isMissing(check: HookCheck | undefined): boolean {
  return check !== undefined && "message" in check;
}

/** Whether another Secret may be all that it takes. */
function isCredentialsFault(verdicts: OktaVerdicts | undefined): boolean {
  const { credentials, directory } = verdicts ?? {};
  const fault =
    credentials !== undefined && credentials.kind !== "resolved" && credentials.kind !== "checking";
  if (fault || directory?.kind === "unreadable") return true;
  return directory?.kind === "failed" && directory.reason !== "DirectoryUnreachable";
}
