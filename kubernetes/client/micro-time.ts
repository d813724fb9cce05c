/**
 * A time as V1MicroTime has it: RFC 3339 with exactly six fractional digits. The API server refuses the three that
 * `toISOString` writes (k8s.io/apimachinery, meta/v1/micro_time.go).
 */
export function microTime(date: Date = new Date()): string {
  return date.toISOString().replace("Z", "000Z");
}
