/** A value in an object, by a dotted path; arrays stand for each of their elements. */
type Lookup = (path: string) => unknown[];
type Predicate = (lookup: Lookup) => boolean;

const operators = ["eq", "ne", "gt", "ge", "lt", "le", "sw", "co", "ew", "pr"] as const;
type Operator = (typeof operators)[number];

/** The expression isn't one: `message` says where. */
export class FilterSyntaxError extends Error {
  readonly code = "filter-syntax";
}

export interface FilterOptions {
  /** Attributes that may be named; undefined: any. */
  attributes?: readonly string[];
  /** Whether strings are compared without regard to case, as `search` does. */
  ignoreCase?: boolean;
}

/**
 * Okta's filter expressions (Okta: "Filter", after SCIM, RFC 7644 section 3.4.2.2): comparisons joined by `and`,
 * `or`, `not` and parentheses. Timestamps are compared as points in time.
 * @throws FilterSyntaxError
 */
export function parseFilter(text: string, options: FilterOptions = {}): (object: object) => boolean {
  const tokens = tokenize(text);
  let at = 0;

  const isWord = (word: string) => tokens[at]?.toLowerCase() === word;
  const expect = (what: string): string => {
    const token = tokens[at++];
    if (token === undefined) throw new FilterSyntaxError(`Expected ${what} at the end of: ${text}`);
    return token;
  };

  const either = (): Predicate => {
    const terms = [both()];
    while (isWord("or")) {
      at++;
      terms.push(both());
    }
    return (lookup) => terms.some((term) => term(lookup));
  };
  const both = (): Predicate => {
    const terms = [factor()];
    while (isWord("and")) {
      at++;
      terms.push(factor());
    }
    return (lookup) => terms.every((term) => term(lookup));
  };
  const factor = (): Predicate => {
    if (isWord("not")) {
      at++;
      const inner = factor();
      return (lookup) => !inner(lookup);
    }
    if (tokens[at] !== "(") return comparison();
    at++;
    const inner = either();
    if (expect(")") !== ")") throw new FilterSyntaxError(`Expected ) in: ${text}`);
    return inner;
  };
  const comparison = (): Predicate => {
    const path = expect("an attribute");
    if (!/^[A-Za-z_][\w.]*$/.test(path) || (options.attributes && !options.attributes.includes(path)))
      throw new FilterSyntaxError(`Not an attribute that can be used here: ${path}`);
    const operator = operatorFrom(expect("an operator"));
    if (operator === "pr") return (lookup) => lookup(path).some((value) => value !== null);
    const wanted = literal(expect("a value"));
    return (lookup) =>
      lookup(path).some((value) => compare(operator, value, wanted, options.ignoreCase ?? false));
  };

  const predicate = either();
  if (at < tokens.length) throw new FilterSyntaxError(`Unexpected ${tokens[at]} in: ${text}`);
  return (object) => predicate((path) => valuesAt(object, path.split(".")));
}

function tokenize(text: string): string[] {
  const tokens: string[] = text.match(/"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+|"/g) ?? [];
  if (tokens.includes('"')) throw new FilterSyntaxError(`A quote is not closed in: ${text}`);
  return tokens;
}

function operatorFrom(token: string): Operator {
  const operator = operators.find((known) => known === token.toLowerCase());
  if (!operator) throw new FilterSyntaxError(`Not an operator: ${token}`);
  return operator;
}

function literal(token: string): string | number | boolean | null {
  try {
    const value: unknown = JSON.parse(token);
    if (value === null || ["string", "number", "boolean"].includes(typeof value))
      return value as string | number | boolean | null;
  } catch (cause) {
    throw new FilterSyntaxError(`Not a value: ${token}; put strings into double quotes`, { cause });
  }
  throw new FilterSyntaxError(`Not a value: ${token}`);
}

function compare(
  operator: Exclude<Operator, "pr">,
  left: unknown,
  right: unknown,
  ignoreCase: boolean,
): boolean {
  const [a, b] = comparable(left, right, ignoreCase);
  switch (operator) {
    case "eq":
      return a === b;
    case "ne":
      return a !== b;
    case "gt":
      return a !== null && b !== null && a > b;
    case "ge":
      return a !== null && b !== null && a >= b;
    case "lt":
      return a !== null && b !== null && a < b;
    case "le":
      return a !== null && b !== null && a <= b;
    case "sw":
      return String(a).startsWith(String(b));
    case "co":
      return String(a).includes(String(b));
    case "ew":
      return String(a).endsWith(String(b));
  }
}

type Comparable = string | number | boolean | null;

function comparable(left: unknown, right: unknown, ignoreCase: boolean): [Comparable, Comparable] {
  if (isTimestamp(left) && isTimestamp(right)) return [Date.parse(left), Date.parse(right)];
  return [plain(left, ignoreCase), plain(right, ignoreCase)];
}

function plain(value: unknown, ignoreCase: boolean): Comparable {
  if (typeof value === "string") return ignoreCase ? value.toLowerCase() : value;
  if (typeof value === "number" || typeof value === "boolean") return value;
  return null;
}

function isTimestamp(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(value);
}

function valuesAt(value: unknown, [key, ...rest]: string[]): unknown[] {
  if (Array.isArray(value))
    return value.flatMap((element) => valuesAt(element, key === undefined ? [] : [key, ...rest]));
  if (key === undefined) return value === undefined ? [] : [value];
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return [];
  return valuesAt(Reflect.get(value, key), rest);
}
