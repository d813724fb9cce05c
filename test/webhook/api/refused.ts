import { ApiRefusal } from "../../../webhook/api/refusals.ts";

/** How somebody is refused: by which status, code and words; "none" where they aren't. */
export async function refusal(asking: Promise<unknown>): Promise<string> {
  try {
    await asking;
    return "none";
  } catch (error) {
    if (error instanceof ApiRefusal) return `${error.status} ${error.code}: ${error.message}`;
    throw error;
  }
}
