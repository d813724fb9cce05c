/** A string of Okta's filter language (Okta, "Filter"; SCIM's, RFC 7644, section 3.4.2.2). */
export function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
