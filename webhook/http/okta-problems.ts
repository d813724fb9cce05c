import type { GroupsRefusal } from "../../identity/index.ts";
import type { AnyOktaError } from "../../okta/any-okta-error.ts";
import { OktaError } from "../../okta/errors.ts";
import { HttpTimeoutError } from "../../okta/http/http-errors.ts";
import type { Problem } from "./problem.ts";

/** Where a problem happened: the organization as people know it, and where they start again. */
export interface Place {
  readonly organization: string;
  /** The Organization's name on the cluster, for advice. */
  readonly object: string;
  readonly loginHref: string;
}

/** What to tell somebody about an error of `okta/`. */
export function oktaProblem(error: AnyOktaError, place: Place): Problem {
  const { organization } = place;
  const again = { href: place.loginHref, label: "Start again" };
  const { code } = error;
  switch (code) {
    case "state-mismatch":
    case "callback-invalid":
    case "issuer-mix-up":
      return {
        status: 400,
        code,
        organization,
        title: "This sign-in can't be finished",
        text:
          "It wasn't started in this browser, or is over already. That happens when an address is opened twice, " +
          "with the Back button, or when cookies are blocked.",
        link: again,
      };
    case "login-expired":
    case "code-rejected":
      return {
        status: 400,
        code,
        organization,
        title: "This sign-in has expired",
        text: "It took too long, or was finished before. Nothing is lost: start again.",
        link: again,
      };
    case "settings-changed":
      return {
        status: 400,
        code,
        organization,
        title: "Please start again",
        text: "The organization's sign-in settings were changed while you were at Okta.",
        link: again,
      };
    case "denied":
      return {
        status: 403,
        code,
        organization,
        title: "Okta didn't let you sign in",
        text: error.description === undefined ? "Okta gave no reason." : `Okta says: ${error.description}`,
        advice: `If you should have access, ask an administrator of ${organization} to assign the app to you in Okta.`,
        link: again,
      };
    case "authorization-failed":
      return {
        status: 502,
        code,
        organization,
        title: "Okta reported an error",
        text: `Okta says ${error.error}${error.description === undefined ? "" : `: ${error.description}`}.`,
        advice:
          error.error === "invalid_scope"
            ? `For administrators: okta.scopes of the Organization ${place.object} asks for a scope that this authorization server doesn't have.`
            : `For administrators: compare the app in Okta with the Organization ${place.object}.`,
        link: again,
      };
    case "invalid-client":
      return notSetUp(place, code, "CredentialsResolved");
    case "issuer-wrong":
    case "url-not-allowed":
      return notSetUp(place, code, "IssuerDiscovered");
    case "issuer-unreachable":
    case "token-endpoint-unreachable":
    case "signing-keys-unreachable":
    case "userinfo-unreachable":
    case "timeout":
    case "connection":
    case "http-status":
      return {
        status: isTimeout(error) ? 504 : 502,
        code,
        organization,
        title: "Okta can't be reached",
        text: "Nobody can sign in with Okta at the moment. It isn't you: try again in a minute.",
        advice: `For administrators: the log has the details; the condition IssuerDiscovered of the Organization ${place.object} tells of lasting trouble.`,
        link: { href: place.loginHref, label: "Try again" },
        retryAfterS: 30,
      };
    case "id-token-invalid":
    case "token-response-invalid":
    case "userinfo-invalid":
    case "too-large":
    case "not-json":
      return {
        status: 502,
        code,
        organization,
        title: "Okta's answer isn't valid",
        text: "What came back from Okta didn't pass the checks, so nobody was signed in.",
        advice: `For administrators: the log says which check failed. Compare okta.issuer and okta.clientID of the Organization ${place.object} with Okta.`,
        link: again,
      };
    case "directory-unreachable":
    case "directory-unauthorized":
    case "directory-forbidden":
    case "directory-rate-limited":
    case "directory-not-found":
    case "directory-invalid-answer":
      return undecidedProblem("DirectoryUnavailable", place);
  }
}

/** What to tell somebody whose groups can't be relied upon. */
export function undecidedProblem(reason: GroupsRefusal, place: Place): Problem {
  const { organization } = place;
  const again = { href: place.loginHref, label: "Try again" };
  const condition = `For administrators: the condition GroupsClaimReceived of the Organization ${place.object} says what to set up.`;
  switch (reason) {
    case "ClaimNotSetUp":
    case "ClaimLost":
    case "ClaimInvalid":
      return {
        status: 502,
        code: { ClaimNotSetUp: "claim-not-set-up", ClaimLost: "claim-lost", ClaimInvalid: "claim-invalid" }[
          reason
        ],
        organization,
        title: "Okta didn't tell us your groups",
        text:
          "You are known to Okta, but which groups you are in didn't arrive in a form that can be used, so nobody can " +
          `say what you may do. Your account stays as it is. Tell an administrator of ${organization}.`,
        advice: condition,
        link: again,
      };
    case "DirectoryUnavailable":
      return {
        status: 503,
        code: "directory-unavailable",
        organization,
        title: "Your groups can't be read now",
        text: "Okta's directory doesn't answer. Your account stays as it is: try again in a minute.",
        advice: `For administrators: the condition DirectoryReachable of the Organization ${place.object} has the reason.`,
        link: again,
        retryAfterS: 30,
      };
  }
}

/** The organization's own settings are wrong: the person can't help it, and trying again doesn't. */
export function notSetUp({ organization, object }: Place, code: string, condition: string): Problem {
  return {
    status: 502,
    code,
    organization,
    title: "Sign-in isn't set up correctly",
    text: `The connection between ${organization} and Okta doesn't work. Tell an administrator of ${organization}.`,
    advice: `For administrators: the condition ${condition} of the Organization ${object} says what is wrong.`,
  };
}

function isTimeout(error: Error): boolean {
  for (let cause: unknown = error; cause instanceof OktaError; cause = cause.cause)
    if (cause instanceof HttpTimeoutError) return true;
  return false;
}
