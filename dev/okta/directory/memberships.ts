import { errors } from "./okta-error.ts";
import { Table } from "./table.ts";

interface Member {
  /** The user's id. */
  readonly id: string;
}

/** Who is in which group, from both sides. Groups and users have to be opened first. */
export class Memberships {
  readonly #members = new Map<string, Table<Member>>();
  readonly #groups = new Map<string, Set<string>>();

  openGroup(groupId: string): void {
    this.#members.set(groupId, new Table());
  }

  openUser(userId: string): void {
    this.#groups.set(userId, new Set());
  }

  closeGroup(groupId: string): void {
    for (const { id } of this.membersOf(groupId)) this.#groups.get(id)?.delete(groupId);
    this.#members.delete(groupId);
  }

  closeUser(userId: string): void {
    for (const groupId of this.groupsOf(userId)) this.#members.get(groupId)?.delete(userId);
    this.#groups.delete(userId);
  }

  has(groupId: string, userId: string): boolean {
    return this.#groups.get(userId)?.has(groupId) ?? false;
  }

  add(groupId: string, userId: string): void {
    this.membersOf(groupId).add({ id: userId });
    this.#groups.get(userId)?.add(groupId);
  }

  remove(groupId: string, userId: string): void {
    this.membersOf(groupId).delete(userId);
    this.#groups.get(userId)?.delete(groupId);
  }

  /** @throws OktaError E0000007 when the group isn't there */
  membersOf(groupId: string): Table<Member> {
    const members = this.#members.get(groupId);
    if (!members) throw errors.notFound(groupId, "UserGroup");
    return members;
  }

  /** The ids of the person's groups, in the order in which they joined them. */
  groupsOf(userId: string): readonly string[] {
    return [...(this.#groups.get(userId) ?? [])];
  }

  copy(): Memberships {
    const copy = new Memberships();
    for (const [groupId, members] of this.#members) copy.#members.set(groupId, members.copy());
    for (const [userId, groups] of this.#groups) copy.#groups.set(userId, new Set(groups));
    return copy;
  }
}
