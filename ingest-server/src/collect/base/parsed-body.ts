/** The JSON of a request's body, and its text. */
export interface ParsedBody {
  value: unknown
  text: string
}
