import type { Organization } from "../../crds/types.ts";
import { StoreError } from "../../identity/index.ts";
import { ForbiddenError, KubernetesError, keyOf } from "../../kubernetes/index.ts";
import type { AnyOktaError } from "../../okta/any-okta-error.ts";
import { OktaError } from "../../okta/errors.ts";
import {
  SecretForbiddenError,
  SecretNotFoundError,
  SecretUnreadableError,
} from "../../organizations/secret-values.ts";
import { UnknownOrganizationError } from "../organizations.ts";
import { ForeignSecretError, KeysUnavailableError } from "../sessions/session-keys.ts";
import { BusyError } from "../sign-in/gate.ts";
import { notSetUp, oktaProblem, type Place } from "./okta-problems.ts";
import type { Problem } from "./problem.ts";
import { RateLimitedError, RequestError } from "./request-errors.ts";

/** Where something happened, from the organization concerned. */
export function placeOf(organization: Organization): Place {
  const { displayName, loginPath } = organization.spec;
  return { organization: displayName, object: keyOf(organization), loginHref: `/login/${loginPath}` };
}

const NOWHERE: Place = { organization: "the organization", object: "concerned", loginHref: "/" };

/**
 * What to tell whoever asked, of any error. What an error says about itself is for the log: only what was
 * written for people, or escaped in one line, gets out.
 */
export function problemOf(error: unknown, organization: Organization | undefined): Problem {
  const place = organization ? placeOf(organization) : NOWHERE;
  const named = organization && { organization: place.organization };
  if (isOktaError(error)) return oktaProblem(error, place);
  if (error instanceof UnknownOrganizationError)
    return {
      status: 404,
      code: error.code,
      title: "There is no such organization",
      text: "Nobody signs in at this address. Check the login URI: the part after /login/ is your organization's.",
    };
  if (error instanceof BusyError)
    return {
      ...named,
      status: 503,
      code: error.code,
      title: "Too many sign-ins at once",
      text: error.message,
      link: { href: place.loginHref, label: "Try again" },
      retryAfterS: 5,
    };
  if (isSecretNotSetUp(error)) return notSetUp(place, error.code, "CredentialsResolved");
  if (isUnavailable(error))
    return {
      ...named,
      status: 503,
      code: error.code,
      title: "Sign-in is out of order",
      text: "The place where accounts are kept doesn't answer. Nothing is lost: try again in a minute.",
      link: organization && { href: place.loginHref, label: "Try again" },
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
    link: organization && { href: place.loginHref, label: "Start again" },
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

function isUnavailable(error: unknown): error is Error & { code: string } {
  return (
    error instanceof StoreError ||
    error instanceof KubernetesError ||
    error instanceof KeysUnavailableError ||
    error instanceof ForeignSecretError
  );
}

function isOktaError(error: unknown): error is AnyOktaError {
  return error instanceof OktaError;
}
