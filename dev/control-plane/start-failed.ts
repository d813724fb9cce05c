import type { TetheredProcess } from "./tether.ts";

export class StartFailedError extends Error {
  readonly code = "start-failed";
  /** The port that it was given had been taken by another program in the meantime. */
  readonly portTaken: boolean;

  private constructor(message: string, portTaken: boolean) {
    super(message);
    this.portTaken = portTaken;
  }

  static async of(program: TetheredProcess, what: string): Promise<StartFailedError> {
    const output = await program.lastOutput();
    return new StartFailedError(
      `${program.name} ${what}; the last it said was:\n${output}`,
      output.includes("address already in use"),
    );
  }
}

/** Starts something on a free port; when another program takes the port first, again on another one. */
export async function onFreePort<T>(start: () => Promise<T>): Promise<T> {
  for (let triesLeft = 3; ; triesLeft--) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof StartFailedError && error.portTaken) || triesLeft === 0) throw error;
    }
  }
}
