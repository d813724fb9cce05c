/** Where the stand-in takes the time from, in milliseconds since 1970: injectable, so that tests can move it. */
export type Clock = () => number;

/**
 * A timestamp as users and groups carry them: whole seconds, with `.000Z`. Two changes within one second are not
 * told apart, as in Okta's own answers, so a reader that asks for `gt` what it last saw can miss one.
 */
export function toTheSecond(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  // Of 100,000 changes in a row, as at seeding, nearly all are within the second of the one before.
  if (second !== latest.second) latest = { second, text: new Date(second * 1000).toISOString() };
  return latest.text;
}

let latest = { second: 0, text: new Date(0).toISOString() };
