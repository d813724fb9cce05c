// Accounts of an issuer that the organization had before. Who has one keeps it while that is held or paused, and all that the
// directory has to say of it is whether the person may still sign in: its groups give such an account nothing, and take nothing.

/** Whether an issuer is one of the authorization servers of the Okta that has this address. */
export function isOfOkta(issuer: string | undefined, url: string): boolean {
  const host = issuer === undefined ? undefined : URL.parse(issuer)?.host;
  return host !== undefined && host === URL.parse(url)?.host;
}
