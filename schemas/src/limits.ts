/** What one request and one event may be. Sizes in bytes of UTF-8, lengths in UTF-16 code units. */
export const limits = {
  /** A body as sent, before decoding. */
  bodyBytes: 512 * 1024,
  /** A body after gzip, deflate or br is undone. */
  decodedBytes: 4 * 1024 * 1024,
  eventsPerBatch: 2_500,
  eventBytes: 32 * 1024,
  /** Levels of objects and arrays below the event itself. */
  eventDepth: 20,
  idLength: 500,
  eventNameLength: 200,
} as const
