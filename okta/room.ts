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
    return new Share(this, currentOwner() ?? otherwise);
  }

  /** Takes so much, where the owner may have it. @returns whether it has */
  take(owner: string, bytes: number): boolean {
    if (!this.#portions.mayHave(owner, bytes)) return false;
    this.#portions.add(owner, bytes);
    return true;
  }

  giveBack(owner: string, bytes: number): void {
    this.#portions.add(owner, -bytes);
  }
}

/** What one piece of work has of a room. */
export class Share implements Disposable {
  readonly #room: Room;
  readonly #owner: string;
  #bytes = 0;

  constructor(room: Room, owner: string) {
    this.#room = room;
    this.#owner = owner;
  }

  /** @returns whether there was room for it */
  take(bytes: number): boolean {
    if (!this.#room.take(this.#owner, bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Another one of the same owner. */
  beside(): Share {
    return this.#room.share(this.#owner);
  }

  [Symbol.dispose](): void {
    this.#room.giveBack(this.#owner, this.#bytes);
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
