/** `WWW-Authenticate` of a 401: RFC 9110, section 15.5.2, wants one. There is no registered scheme for cookies. */
export const CHALLENGE = 'Cookie realm="okta-role-operator"';
