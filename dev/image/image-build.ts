import type { Architecture } from "./base.ts";

/** What is to be built, and where it goes. */
export interface ImageBuild {
  /** For example localhost/okta-role-operator:0.1.0 */
  readonly name: string;
  readonly architecture: Architecture;
  /** Path of the Dockerfile. */
  readonly file: string;
  /** The folder that it copies from. */
  readonly context: string;
  /** Build arguments. */
  readonly args: Readonly<Record<string, string>>;
  /** Path of the docker-archive that the image becomes; replaced when it is there. */
  readonly archive: string;
}
