/** A time as V1Time has it: RFC 3339, to the second (k8s.io/apimachinery, meta/v1/time.go). A number is ms since 1970. */
export function rfc3339(time: number | Date): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/**
 * A time as V1MicroTime has it: RFC 3339 with exactly six fractional digits. The API server refuses the three that
 * `toISOString` writes (k8s.io/apimachinery, meta/v1/micro_time.go).
 */
export function microTime(date: Date = new Date()): string {
  return date.toISOString().replace("Z", "000Z");
}
