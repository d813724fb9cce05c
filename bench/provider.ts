import { z } from "zod";
import type { Program } from "../dev/quickstart/program.ts";

/** Somebody whom the provider is to vouch for. */
export interface Vouched {
  readonly subject: string;
  readonly groups: readonly string[];
  /** Of the sign-in that the code is for. */
  readonly nonce?: string;
}

/** The OpenID provider in peers/provider.ts, which runs as a process of its own. */
export class Provider {
  readonly issuer: string;
  readonly clientID: string;
  readonly clientSecret: string;
  readonly #program: Program;

  constructor(program: Program, clientID: string, clientSecret: string) {
    this.#program = program;
    this.issuer = `http://127.0.0.1:${program.port}`;
    this.clientID = clientID;
    this.clientSecret = clientSecret;
  }

  /** Signs an ID token for each. @returns the codes that redeem them, in order */
  async codes(people: readonly Vouched[]): Promise<string[]> {
    const answer = await fetch(`${this.issuer}/codes`, { method: "POST", body: JSON.stringify(people) });
    return z.array(z.string()).parse(await answer.json());
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}
