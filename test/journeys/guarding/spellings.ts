/** What may stand in a header's name beside letters, digits and hyphens (RFC 9110, 5.6.2). */
const OTHERS = "!#$%&'*+.^_`|~";

/** A header's name in spellings that CGI, WSGI or PHP may take for it. */
export function spellings(name: string): string[] {
  const [first = "", ...rest] = name.split("-");
  const mixed = rest.reduce(
    (all, part) => all.flatMap((begun) => ["-", "_", "."].map((joint) => `${begun}${joint}${part}`)),
    [first],
  );
  return [...mixed, ...[...OTHERS].map((joint) => name.replaceAll("-", joint))];
}
