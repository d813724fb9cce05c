import { currentOwner, OwnersLimitError } from "./owner.ts";
import { Portions } from "./portions.ts";

/** A number of bytes of this process's memory that several share for the same purpose: see `Portions`. */
export class Room {
  readonly #portions: Portions;

  constructor(bytes: number) {
    this.#portions = new Portions(bytes);
  }

  /**
   * What is taken by it is given back when it is disposed of.
   * @param otherwise whose it is where nothing says on whose behalf this is done
   */
  share(otherwise: string): Share {
    return new Share(this.#portions, currentOwner() ?? otherwise);
  }
}

/** What one piece of work has of a room. */
export class Share implements Disposable {
  readonly #portions: Portions;
  readonly #owner: string;
  #bytes = 0;

  constructor(portions: Portions, owner: string) {
    this.#portions = portions;
    this.#owner = owner;
  }

  /** @returns whether there was room for it */
  take(bytes: number): boolean {
    if (!this.#portions.mayHave(this.#owner, bytes)) return false;
    this.#portions.add(this.#owner, bytes);
    this.#bytes += bytes;
    return true;
  }

  /** Another one of the same owner. */
  beside(): Share {
    return new Share(this.#portions, this.#owner);
  }

  [Symbol.dispose](): void {
    this.#portions.add(this.#owner, -this.#bytes);
    this.#bytes = 0;
  }
}

/** Others have, or the same one has, so much of it that there is none left for this. */
export class NoRoomError extends OwnersLimitError {
  readonly code = "no-room";

  constructor() {
    super("so much is being read at the same time that there is no memory for more");
    this.name = new.target.name;
  }
}
