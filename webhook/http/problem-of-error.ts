import type { Organization } from "../../crds/types.ts";
import { type GroupsRefusal, type KeptReason, StoreError } from "../../identity/index.ts";
import { ForbiddenError, InvalidError, KubernetesError, keyOf } from "../../kubernetes/index.ts";
import type { AnyOktaError } from "../../okta/any-okta-error.ts";
import { OktaError } from "../../okta/errors.ts";
import { HttpTimeoutError } from "../../okta/http/http-errors.ts";
import { asSentence } from "../../okta/one-line.ts";
import {
  SecretForbiddenError,
  SecretNotFoundError,
  SecretUnreadableError,
} from "../../organizations/secret-values.ts";
import { RosterBusyError } from "../console/roster.ts";
import { NamespaceUnreadableError, UnknownOrganizationError } from "../organizations.ts";
import { ForeignSecretError, KeysUnavailableError } from "../sessions/session-keys.ts";
import { BusyError } from "../sign-in/concurrency-limit.ts";
import { returnToQuery, type Way } from "../sign-in/return-to.ts";
import type { Problem } from "./problem.ts";
import { RateLimitedError, RequestError } from "./request-errors.ts";

/**
 * What to tell whoever asked, of any error. What an error says about itself is for the log: only what was
 * written for people, or escaped in one line, gets out.
 * @param organization where it happened, if that is known
 * @param way where the person wanted to go: whoever starts again still gets there
 * @param page what they have asked for, where it isn't a sign-in: the address at which they try again, if there is one
 */
export function problemOf(
  error: unknown,
  organization: Organization | undefined,
  way?: Way,
  page?: { readonly again: string | undefined },
): Problem {
  const place = { ...placeOf(organization, way), ...(page && { againHref: page.again }) };
  const named = organization && { organization: place.organization };
  if (isOktaError(error)) return oktaProblem(error, place);
  if (error instanceof UnknownOrganizationError)
    return {
      status: 404,
      code: error.code,
      title: "There is no such organization",
      text: "Nobody signs in at this address. Check the login URI: the part after /login/ is your organization's.",
    };
  if (error instanceof NamespaceUnreadableError)
    return {
      ...named,
      status: 503,
      code: error.code,
      title: "Sign-in is out of order",
      text: "Who may sign in here can't be read at the moment, so nobody can say. It isn't you: try again in a minute.",
      advice:
        error.namespace === undefined
          ? "For administrators: a namespace can't be read, and this organization may be in it. The log names the namespace."
          : `For administrators: the service can't read the namespace ${error.namespace}. Its Role and RoleBinding have to be there; the log has the reason.`,
      link: organization && link("Try again", place),
      retryAfterS: 10,
    };
  if (error instanceof BusyError)
    return {
      ...named,
      status: 503,
      code: error.code,
      title: "Too many sign-ins at once",
      text: error.message,
      link: link("Try again", place),
      retryAfterS: 5,
    };
  if (error instanceof RosterBusyError)
    return {
      ...named,
      status: error.byOneCaller ? 429 : 503,
      code: error.code,
      title: "Too many searches at once",
      text: error.message,
      retryAfterS: error.retryAfterS,
    };
  if (isSecretNotSetUp(error)) return notSetUp(error.code, place, "CredentialsResolved");
  if (error instanceof ForeignSecretError)
    return {
      ...named,
      status: 503,
      code: error.code,
      title: "Sign-in is out of order",
      text: "The place where sessions' keys are kept isn't set up correctly, and won't be until somebody has mended it: tell whoever runs this service.",
      advice:
        "For administrators: the Secret of that name is somebody else's. Name another one with sessionSecretName (--session-secret); the log says which it is.",
    };
  if (isUnavailable(error) && refusalOf(error))
    return {
      ...named,
      status: 503,
      code: error.code,
      title: "Sign-in is out of order",
      ...REFUSED_FOR_GOOD,
    };
  if (isUnavailable(error))
    return {
      ...named,
      status: 503,
      code: error.code,
      title: "Sign-in is out of order",
      text: "The place where accounts are kept doesn't answer. Nothing is lost: try again in a minute.",
      link: organization && link("Try again", place),
      retryAfterS: 10,
    };
  if (error instanceof RateLimitedError)
    return {
      status: 429,
      code: error.code,
      title: "Too many requests",
      text: `Too many sign-ins came from your address. Try again in ${error.retryAfterS} seconds.`,
      retryAfterS: error.retryAfterS,
    };
  if (error instanceof RequestError)
    return { ...named, status: error.status, code: error.code, title: error.title, text: error.message };
  return {
    ...named,
    status: 500,
    code: "internal",
    title: "Something went wrong here",
    text: "It isn't you. If it happens again, give the request number below to whoever runs this service.",
    link: organization && link(page ? "Try again" : "Start again", place),
  };
}

/** What is told of what the cluster refuses. */
export const REFUSED_FOR_GOOD = {
  text: "The place where accounts are kept refuses this, and will until somebody has mended it: tell whoever runs this service.",
  advice:
    "For administrators: the log says what was refused. A right is missing, or what was to be stored breaks a rule.",
};

/** What to tell somebody whose groups can't be relied upon. */
export function groupsProblem(
  reason: GroupsRefusal | KeptReason,
  organization: Organization,
  way: Way,
): Problem {
  return groupsProblemAt(reason, placeOf(organization, way));
}

/** Where a problem happened: the organization as people know it, and where they start again, unless that is nowhere. */
interface Place {
  readonly organization: string;
  /** The Organization's name on the cluster, for advice. */
  readonly object: string;
  readonly againHref: string | undefined;
}

function placeOf(organization: Organization | undefined, way: Way | undefined): Place {
  if (!organization) return { organization: "the organization", object: "concerned", againHref: "/" };
  const { displayName, loginPath } = organization.spec;
  return {
    organization: displayName,
    object: keyOf(organization),
    againHref: `/login/${loginPath}${returnToQuery(way)}`,
  };
}

function link(label: string, { againHref: href }: Place): Problem["link"] {
  return href === undefined ? undefined : { href, label };
}

function oktaProblem(error: AnyOktaError, place: Place): Problem {
  const { organization, object } = place;
  const { code } = error;
  const about = { code, organization, link: link("Start again", place) };
  switch (code) {
    case "state-mismatch":
    case "callback-invalid":
    case "issuer-mix-up":
      return {
        ...about,
        status: 400,
        title: "This sign-in can't be finished",
        text:
          "It wasn't started in this browser, or is over already. That happens when an address is opened twice, " +
          "with the Back button, or when cookies are blocked.",
      };
    case "login-expired":
    case "code-rejected":
      return {
        ...about,
        status: 400,
        title: "This sign-in has expired",
        text: "It took too long, or was finished before. Nothing is lost: start again.",
      };
    case "settings-changed":
      return {
        ...about,
        status: 400,
        title: "Please start again",
        text: "The organization's sign-in settings were changed while you were at Okta.",
      };
    case "denied":
      return {
        ...about,
        status: 403,
        title: "Okta didn't let you sign in",
        text: error.description ? asSentence(`Okta says: ${error.description}`) : "Okta gave no reason.",
        advice: `If you should have access, ask an administrator of ${organization} to assign the app to you in Okta.`,
      };
    case "denied-by-policy":
      return {
        ...about,
        status: 403,
        title: "Okta didn't let you sign in",
        text: `${asSentence(`Okta says: ${error.description}`)} If you should have access, tell an administrator of ${organization}.`,
        advice: forAdmins(
          "being assigned to the app doesn't help. No rule of the authorization server's access policies allows this app, " +
            `the okta.scopes of the Organization ${object} or this person: see Security > API > Authorization Servers > ` +
            "Access Policies in Okta.",
        ),
      };
    case "authorization-failed":
      return {
        ...about,
        status: 502,
        title: "Okta reported an error",
        text: asSentence(`Okta says ${error.error}${error.description ? `: ${error.description}` : ""}`),
        advice:
          error.error === "invalid_scope"
            ? `For administrators: okta.scopes of the Organization ${object} asks for a scope that this authorization server doesn't have.`
            : `For administrators: compare the app in Okta with the Organization ${object}.`,
      };
    case "invalid-client":
    case "dpop-required":
    case "private-key-invalid":
      return notSetUp(code, place, "CredentialsResolved");
    case "issuer-wrong":
    case "url-not-allowed":
    case "host-not-listed":
      return notSetUp(code, place, "IssuerDiscovered");
    case "issuer-unreachable":
    case "token-endpoint-unreachable":
    case "signing-keys-unreachable":
    case "userinfo-unreachable":
    case "timeout":
    case "connection":
    case "http-status":
      return {
        ...about,
        status: isTimeout(error) ? 504 : 502,
        title: "Okta can't be reached",
        text: "Nobody can sign in with Okta at the moment. It isn't you: try again in a minute.",
        advice: `For administrators: the log has the details; the condition IssuerDiscovered of the Organization ${object} tells of lasting trouble.`,
        link: link("Try again", place),
        retryAfterS: 30,
      };
    case "id-token-invalid":
      return {
        ...answerInvalid(about, object),
        ...(error.advice === undefined ? {} : { advice: forAdmins(error.advice) }),
      };
    case "token-response-invalid":
    case "userinfo-invalid":
    case "too-large":
    case "not-json":
      return answerInvalid(about, object);
    case "directory-unreachable":
    case "directory-unauthorized":
    case "directory-forbidden":
    case "directory-rate-limited":
    case "directory-not-found":
    case "directory-cursor":
    case "directory-invalid-answer":
      return groupsProblemAt("DirectoryUnavailable", place);
  }
}

function answerInvalid(about: Pick<Problem, "code" | "organization" | "link">, object: string): Problem {
  return {
    ...about,
    status: 502,
    title: "Okta's answer isn't valid",
    text: "What came back from Okta didn't pass the checks, so nobody was signed in.",
    advice: forAdmins(
      `the log says which check failed. Compare okta.issuer and okta.clientID of the Organization ${object} with Okta.`,
    ),
  };
}

function forAdmins(advice: string): string {
  return `For administrators: ${advice}`;
}

const GROUPS_CODES = {
  ClaimNotSetUp: "claim-not-set-up",
  ClaimLost: "claim-lost",
  ClaimInvalid: "claim-invalid",
  DirectoryUnavailable: "directory-unavailable",
  DeactivationsHeld: "deactivations-held",
  TooManyGroups: "too-many-groups",
} as const satisfies Record<GroupsRefusal | KeptReason, string>;

function groupsProblemAt(reason: GroupsRefusal | KeptReason, place: Place): Problem {
  const { organization, object } = place;
  const about = { code: GROUPS_CODES[reason], organization, link: link("Try again", place) };
  switch (reason) {
    case "ClaimNotSetUp":
    case "ClaimLost":
    case "ClaimInvalid":
      return {
        ...about,
        status: 502,
        title: "Okta didn't tell us your groups",
        text:
          "You are known to Okta, but which groups you are in didn't arrive in a form that can be used, so nobody can " +
          `say what you may do. Your account stays as it is. Tell an administrator of ${organization}.`,
        advice: `For administrators: the condition GroupsClaimReceived of the Organization ${object} says what to set up.`,
      };
    case "TooManyGroups":
      return {
        ...about,
        status: 502,
        title: "Okta may not have told us all of your groups",
        text:
          "You are in so many groups that Okta may have left some out, and those that arrived would take something " +
          `from you. Your account stays as it is. Tell an administrator of ${organization}.`,
        advice: forAdmins(
          `narrow the groups claim's filter in Okta, or set up okta.directory of the Organization ${object}.`,
        ),
      };
    case "DeactivationsHeld":
      return {
        ...about,
        status: 403,
        title: "Your access waits for an administrator",
        text:
          `The groups that Okta reports for you no longer give access to ${organization}. That is so for many people at ` +
          "once, or for the last who administer it, and may be a mistake, so your account stays as it is until an " +
          "administrator has looked. " +
          `Tell an administrator of ${organization}.`,
        advice: forAdmins(
          `the condition DeactivationsWithinLimit of the Organization ${object} says what it comes from.`,
        ),
      };
    case "DirectoryUnavailable":
      return {
        ...about,
        status: 503,
        title: "Your groups can't be read now",
        text: "Okta's directory doesn't answer. Your account stays as it is: try again in a minute.",
        advice: `For administrators: the condition DirectoryReachable of the Organization ${object} has the reason.`,
        retryAfterS: 30,
      };
  }
}

/** The organization's own settings are wrong: the person can't help it, and trying again doesn't. */
function notSetUp(code: string, { organization, object }: Place, condition: string): Problem {
  return {
    status: 502,
    code,
    organization,
    title: "Sign-in isn't set up correctly",
    text: `The connection between ${organization} and Okta doesn't work. Tell an administrator of ${organization}.`,
    advice: `For administrators: the condition ${condition} of the Organization ${object} says what is wrong.`,
  };
}

/** What stays so until somebody sets it up, as against a cluster that doesn't answer. */
function isSecretNotSetUp(
  error: unknown,
): error is SecretNotFoundError | SecretForbiddenError | SecretUnreadableError {
  return (
    error instanceof SecretNotFoundError ||
    error instanceof SecretForbiddenError ||
    (error instanceof SecretUnreadableError && error.cause instanceof ForbiddenError)
  );
}

/** What the cluster refuses for good, if that is what an error is about: trying again doesn't help. */
export function refusalOf(error: unknown): ForbiddenError | InvalidError | undefined {
  const refusal = error instanceof StoreError ? error.cause : error;
  return refusal instanceof ForbiddenError || refusal instanceof InvalidError ? refusal : undefined;
}

function isUnavailable(error: unknown): error is Error & { code: string } {
  return (
    error instanceof StoreError || error instanceof KubernetesError || error instanceof KeysUnavailableError
  );
}

function isOktaError(error: unknown): error is AnyOktaError {
  return error instanceof OktaError;
}

function isTimeout(error: Error): boolean {
  for (let cause: unknown = error; cause instanceof OktaError; cause = cause.cause)
    if (cause instanceof HttpTimeoutError) return true;
  return false;
}
