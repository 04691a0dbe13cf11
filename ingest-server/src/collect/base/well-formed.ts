/**
 * JSON text without half surrogate pairs. JSON.stringify writes them as escapes, which ClickHouse refuses in
 * a String column; each becomes U+FFFD. Inside nested JSON (properties, context) they stay as they came,
 * because ClickHouse keeps that text unread.
 */
export function wellFormed(json: string): string {
  if (!json.includes('\\ud')) return json
  // An escaped backslash before "ud800" is text that somebody wrote, not an escape.
  return json.replace(/\\\\|\\u(d[89a-f][0-9a-f]{2})/g, (found, half?: string) => (half ? '\ufffd' : found))
}
