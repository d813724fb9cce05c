/** Okta's own domains. An organization's Admin Console stands beside it there, under the same name with -admin behind it. */
const OKTA_DOMAINS = /^([a-z0-9-]+)\.(okta\.com|oktapreview\.com|okta-emea\.com|okta-gov\.com|okta\.mil)$/;

/** What ids of users look like. A custom authorization server may be set up to send something else as `sub`. */
const USER_ID = /^00u[0-9A-Za-z]{17}$/;

/**
 * The page of a person in Okta's Admin Console; undefined where it isn't known: behind a custom domain, which doesn't say
 * what the organization is called at Okta, and without an id.
 * @param subject the claim `sub`
 */
export function personInAdminConsole(issuer: string, subject: string): string | undefined {
  const { protocol, hostname, port } = URL.parse(issuer) ?? {};
  const [, name, domain] = OKTA_DOMAINS.exec(hostname ?? "") ?? [];
  if (protocol !== "https:" || port !== "" || name === undefined || !USER_ID.test(subject)) return undefined;
  return `https://${name}-admin.${domain}/admin/user/profile/view/${subject}`;
}
