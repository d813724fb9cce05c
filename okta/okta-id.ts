/** Okta's id of a user, group or app. Nothing else goes into a path: an id may come from outside. */
const ID = /^[A-Za-z0-9_-]{1,100}$/;

export function isID(id: string): boolean {
  return ID.test(id);
}
