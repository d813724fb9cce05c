/** Longest email address (RFC 5321, section 4.5.3.1) and display name that are stored. */
const MAX_EMAIL_LENGTH = 320;
const MAX_DISPLAY_NAME_LENGTH = 256;

/** An email address. What nobody could write to is none, and would garble a terminal that lists accounts. */
export function emailAddress(value: unknown): string | undefined {
  const found = text(value, MAX_EMAIL_LENGTH);
  return /[\p{C}\s]/u.test(found ?? "") ? undefined : found;
}

/** A name to show. What is no text, or longer than any name, is none. */
export function displayName(value: unknown): string | undefined {
  return text(value, MAX_DISPLAY_NAME_LENGTH);
}

function text(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== "string") return undefined;
  const trimmed = value.trim();
  return trimmed === "" || trimmed.length > maxLength ? undefined : trimmed;
}
