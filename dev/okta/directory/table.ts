/**
 * Rows by id, kept in the order in which they were added, with paging that survives changes: a page begins after
 * a position, and a position never comes again.
 */
export class Table<Row extends { readonly id: string }> implements Iterable<Row> {
  readonly #rows = new Map<string, { position: number; row: Row }>();
  #next = 1;

  get size(): number {
    return this.#rows.size;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id)?.row;
  }

  add(row: Row): void {
    this.#rows.set(row.id, { position: this.#next++, row });
  }

  delete(id: string): void {
    this.#rows.delete(id);
  }

  find(matches: (row: Row) => boolean): Row | undefined {
    for (const row of this) if (matches(row)) return row;
    return undefined;
  }

  filter(matches: (row: Row) => boolean): Row[] {
    return [...this].filter(matches);
  }

  /** At most `limit` matching rows after the position, and the position to go on from while there are more. */
  page(
    after: number,
    limit: number,
    matches: (row: Row) => boolean = () => true,
  ): { rows: Row[]; next: number | undefined } {
    const rows: Row[] = [];
    let last = after;
    for (const { position, row } of this.#rows.values()) {
      if (position <= after || !matches(row)) continue;
      if (rows.length === limit) return { rows, next: last };
      rows.push(row);
      last = position;
    }
    return { rows, next: undefined };
  }

  /** The same rows at the same positions, so that a page of the one goes on in the other. */
  copy(copyOf: (row: Row) => Row = (row) => row): Table<Row> {
    const copy = new Table<Row>();
    for (const [id, { position, row }] of this.#rows) copy.#rows.set(id, { position, row: copyOf(row) });
    copy.#next = this.#next;
    return copy;
  }

  *[Symbol.iterator](): Iterator<Row> {
    for (const { row } of this.#rows.values()) yield row;
  }
}
